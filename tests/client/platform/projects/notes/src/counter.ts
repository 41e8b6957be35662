import { DurableObject } from "cloudflare:workers";

export class Counter extends DurableObject {
  private readonly sql = this.ctx.storage.sql;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as never);
    ctx.blockConcurrencyWhile(async () => {
      this.sql.exec("CREATE TABLE IF NOT EXISTS hit (at INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL)");
    });
  }

  hit(path: string): number {
    this.sql.exec("INSERT INTO hit (path) VALUES (?)", path);
    return this.total();
  }

  total(): number {
    return this.sql.exec<{ total: number }>("SELECT COUNT(*) AS total FROM hit").one().total;
  }

  async *latest(): AsyncGenerator<string> {
    for (const { path } of this.sql.exec<{ path: string }>("SELECT path FROM hit ORDER BY at DESC LIMIT 3")) yield path;
  }

  async resetLater(ms: number): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + ms);
  }

  async alarm(): Promise<void> {
    this.sql.exec("DELETE FROM hit");
  }

  async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade") === "websocket") {
      const { 0: client, 1: server } = new WebSocketPair();
      this.ctx.acceptWebSocket(server);
      return new Response(null, { status: 101, webSocket: client });
    }
    const paths: string[] = [];
    for await (const path of this.latest()) paths.push(path);
    return Response.json({ total: this.total(), paths });
  }

  webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    socket.send(`${String(message)} ${this.total()}`);
  }
}
