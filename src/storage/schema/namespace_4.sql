-- After so many days without a request a script is retired; null is never.
ALTER TABLE namespace ADD COLUMN idle_days INTEGER;
