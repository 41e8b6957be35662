-- Its Durable Object classes, and the tag of the last migration of them.
ALTER TABLE script ADD COLUMN classes TEXT NOT NULL DEFAULT '{"tag":null,"keys":{}}';
