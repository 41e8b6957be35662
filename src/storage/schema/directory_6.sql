-- What a namespace's scripts may call in other namespaces: NAMESPACE/SCRIPT or NAMESPACE/*.
ALTER TABLE namespace ADD COLUMN services TEXT NOT NULL DEFAULT '[]';
