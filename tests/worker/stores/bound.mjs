// A script's bindings to each kind of store, for tests that are about all of them.

/** The metadata of the first upload; the script exports a class `Room`. */
export const bound = {
  bindings: [
    { name: "KV", type: "kv_namespace", namespace_id: "kv" },
    { name: "DB", type: "d1", id: "db" },
    { name: "FILES", type: "r2_bucket", bucket_name: "files" },
    { name: "ROOMS", type: "durable_object_namespace", class_name: "Room" },
    { name: "JOBS", type: "queue", queue_name: "jobs" },
  ],
  migrations: { new_tag: "v1", new_sqlite_classes: ["Room"] },
};
