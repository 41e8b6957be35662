-- After so many days without a request a script is retired, as the namespace's own object says; null is never.
ALTER TABLE namespace ADD COLUMN idle_days INTEGER;
