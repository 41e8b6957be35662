export interface Note {
  id: number;
  title: string;
  body: string;
  stars: number;
}

export class Notes {
  constructor(private readonly db: D1Database) {}

  async prepare(): Promise<void> {
    await this.db.batch([
      this.db.prepare("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL UNIQUE, body TEXT NOT NULL, stars INTEGER NOT NULL DEFAULT 0)"),
      this.db.prepare("CREATE INDEX IF NOT EXISTS note_stars ON note (stars)"),
    ]);
  }

  async add(title: string, body: string): Promise<Note | null> {
    return this.db.prepare("INSERT INTO note (title, body) VALUES (?1, ?2) RETURNING *").bind(title, body).first<Note>();
  }

  async list(stars: number): Promise<Note[]> {
    const { results } = await this.db.prepare("SELECT * FROM note WHERE stars >= ? ORDER BY id").bind(stars).all<Note>();
    return results;
  }

  find(id: number): Promise<Note | null> {
    return this.db.prepare("SELECT * FROM note WHERE id = ?").bind(id).first<Note>();
  }

  async star(ids: number[]): Promise<number> {
    const results = await this.db.batch(ids.map((id) => this.db.prepare("UPDATE note SET stars = stars + 1 WHERE id = ?").bind(id)));
    return results.reduce((sum, { meta }) => sum + meta.changes, 0);
  }

  async remove(id: number): Promise<boolean> {
    const { meta } = await this.db.prepare("DELETE FROM note WHERE id = ?").bind(id).run();
    return meta.changes > 0;
  }
}
