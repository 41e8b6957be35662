// What this Worker asks of Cloudflare's network, and what that costs: pure arithmetic, which CAPACITY.md explains. The constants of
// operations are counted in tests/worker/capacity.test.mjs; prices are Cloudflare's, assumptions are ours.

const DAY_S = 86_400;
export const MONTH_DAYS = 30;

/** Of the code: how long copies last, how often isolates tell, how much they hold. */
export const CODE = {
  ttlMs: 1000,
  // A copy is taken anew by the first request after so much of its time.
  refreshedAfter: 0.75,
  // A namespace is known for so many times as long.
  namespaceTimes: 10,
  heldScripts: 512,
  // Between two reports of an isolate to the object of a namespace: the pause rises with their number.
  pauseMs: (isolates) => Math.min(10_000, Math.max(1000, isolates * 5)),
  // Scripts and versions that a report tells apart, and that a minute does. A minute's rows are deleted after two days.
  series: 250,
  minuteSeries: 1000,
};

/** What each thing costs, by the counters: objects' requests by name, rows and operations of R2. Alarms are among the requests. */
export const EACH = {
  // A version that an isolate has not loaded yet, of a script that it has not seen.
  cold: { r2Reads: 1, workers: 1 },
  deploy: { objects: 7, rowsRead: 104, rowsWritten: 22, r2Writes: 1, r2Reads: 0, checks: 2 },
  // The object of a script that was not asked for some seconds reads its schema and what is live; one that was has it in memory.
  live: { asleep: { rowsRead: 53 }, awake: { rowsRead: 0 } },
  namespace: { rowsRead: 1 },
  // A report: the isolate's own row, one for each series; each key that was started is a row of its day.
  report: { rowsWritten: 1 },
  series: { rowsRead: 1, rowsWritten: 1 },
  started: { rowsWritten: 1 },
};

/** Assumptions, none of which is Cloudflare's word. */
export const ASSUMED = {
  // Isolates of this Worker in the whole network: one for each thousand requests a day, but as many as it takes at a hundred a second,
  // and otherwise no more than a thousand.
  isolates: (requestsADay) => Math.max(1, Math.min(1000, requestsADay / 1000), requestsADay / DAY_S / 100),
  // After so long without a request an isolate of a script is gone, and in any case after so long.
  idleS: 600,
  lifeS: 6 * 3600,
  // Objects sleep after so long without a request.
  objectIdleS: 10,
  // Each tenant deploys every ten days.
  deploysADay: (tenants) => tenants / 10,
  hostCpuMs: 0.2,
  tenantCpuMs: 1,
  startCpuMs: 5,
  objectMs: 3,
  bundleBytes: 100_000,
  versionsKept: 10,
  scriptObjectBytes: 90_000,
};

/** US dollars; the pages are named in CAPACITY.md. */
export const PRICES = {
  plan: 5,
  requests: { included: 10e6, each: 0.3e-6 },
  cpuMs: { included: 30e6, each: 0.02e-6 },
  workerDays: { included: 1000, each: 0.002 },
  objectRequests: { included: 1e6, each: 0.15e-6 },
  objectGbS: { included: 400_000, each: 12.5e-6 },
  rowsRead: { included: 25e9, each: 0.001e-6 },
  rowsWritten: { included: 50e6, each: 1e-6 },
  objectGb: { included: 5, each: 0.2 },
  r2Writes: { included: 1e6, each: 4.5e-6 },
  r2Reads: { included: 10e6, each: 0.36e-6 },
  r2Gb: { included: 10, each: 0.015 },
};

/** How often something is asked anew that lasts `lastsS`, by the first request after that; requests come at random, so many a second. */
export const renewals = (rate, lastsS) => (rate === 0 ? 0 : 1 / (lastsS + 1 / rate));

/** How many of so many are asked at least once, where each is asked `mean` times in the mean. */
export const touched = (count, mean) => count * -Math.expm1(-mean);

/**
 * Operations a second. Requests (`rate`, of all isolates) go to `scripts` of one namespace, evenly, which is the worst case: traffic to
 * few of them has fewer copies to take anew.
 */
export function operations({ rate, isolates, scripts, deploys = 0, code = CODE, assumed = ASSUMED }) {
  const pair = rate / isolates / scripts;
  const ttlS = code.ttlMs / 1000;
  // An isolate that is asked for more scripts in their time than it holds has none when it is asked again.
  const held = Math.min(1, code.heldScripts / Math.max(1, touched(scripts, pair * ttlS)));
  const kept = isolates * scripts * renewals(pair, code.refreshedAfter * ttlS);
  const live = ttlS === 0 ? rate : held * kept + (1 - held) * rate;
  const namespace = isolates * renewals(live / isolates, code.namespaceTimes * ttlS);
  const cold = Math.min(rate, isolates * scripts * (pair * Math.exp(-pair * assumed.idleS) + renewals(pair, assumed.lifeS)));
  // A report goes a pause after the first request that it tells of.
  const pauseS = code.pauseMs(isolates) / 1000;
  const telemetry = isolates * renewals(rate / isolates, pauseS);
  const pulse = telemetry;
  const series = telemetry * Math.min(code.series, touched(scripts, (rate / telemetry || 0) / scripts) || 0);
  const deleted = Math.min(code.minuteSeries, touched(scripts, (rate * 60) / scripts)) / 60;
  const asleep = Math.exp((-live / scripts) * assumed.objectIdleS);
  return {
    requests: 2 * rate,
    live,
    namespace,
    telemetry,
    pulse,
    cold,
    series,
    workers: cold + deploys * EACH.deploy.checks,
    objectRequests: live + namespace + telemetry + pulse + deploys * EACH.deploy.objects,
    rowsRead: live * asleep * EACH.live.asleep.rowsRead + namespace * EACH.namespace.rowsRead + series * EACH.series.rowsRead + deploys * EACH.deploy.rowsRead,
    rowsWritten: telemetry * EACH.report.rowsWritten + series * EACH.series.rowsWritten + deleted + cold * EACH.started.rowsWritten + deploys * EACH.deploy.rowsWritten,
    r2Reads: cold * EACH.cold.r2Reads + deploys * EACH.deploy.r2Reads,
    r2Writes: deploys * EACH.deploy.r2Writes,
    cpuMs: rate * (assumed.hostCpuMs + assumed.tenantCpuMs) + (cold + deploys * EACH.deploy.checks) * assumed.startCpuMs,
  };
}

/** A month: what is used, by the names of PRICES, and what it costs in US dollars, `{ used, usd, total, isolates, each }`. */
export function month({ requestsADay, tenants, isolates = ASSUMED.isolates(requestsADay), code = CODE, assumed = ASSUMED, prices = PRICES }) {
  const deploysADay = assumed.deploysADay(tenants);
  const each = operations({ rate: requestsADay / DAY_S, isolates, scripts: tenants, deploys: deploysADay / DAY_S, code, assumed });
  const inMonth = (perSecond) => perSecond * DAY_S * MONTH_DAYS;
  const used = {
    requests: inMonth(each.requests),
    cpuMs: inMonth(each.cpuMs),
    // A worker counts once a day under the same key, wherever it runs; each deploy is a new one, and two that check it.
    workerDays: MONTH_DAYS * (touched(tenants, requestsADay / tenants) + deploysADay * (1 + EACH.deploy.checks)),
    objectRequests: inMonth(each.objectRequests),
    objectGbS: inMonth(each.objectRequests) * (assumed.objectMs / 1000) * 0.128,
    rowsRead: inMonth(each.rowsRead),
    rowsWritten: inMonth(each.rowsWritten),
    objectGb: (tenants * assumed.scriptObjectBytes) / 1e9,
    r2Writes: inMonth(each.r2Writes),
    r2Reads: inMonth(each.r2Reads),
    r2Gb: (tenants * assumed.versionsKept * assumed.bundleBytes) / 1e9,
  };
  const usd = Object.fromEntries(Object.entries(used).map(([name, number]) => [name, Math.max(0, number - prices[name].included) * prices[name].each]));
  return { used, usd, total: prices.plan + Object.values(usd).reduce((sum, part) => sum + part, 0), isolates, each };
}

/** What one object, isolate or namespace can bear; the first three are Cloudflare's, the others this code's. */
export const LIMITS = {
  objectRequests: 1000,
  // Measured here, of one object: reports of 250 series each.
  telemetryRows: 20_000,
};

/** What is nearest to its limit, the nearest first: `[{ what, load, limit, share }]`. */
export function nearest({ requestsADay, tenants, isolates = ASSUMED.isolates(requestsADay), code = CODE, assumed = ASSUMED }) {
  const { each } = month({ requestsADay, tenants, isolates, code, assumed });
  const pair = requestsADay / DAY_S / isolates / tenants;
  const all = [
    ["the Directory", each.namespace + (assumed.deploysADay(tenants) / DAY_S) * 2, LIMITS.objectRequests],
    ["one script's object", each.live / tenants, LIMITS.objectRequests],
    ["the namespace's telemetry, rows", each.series + each.telemetry, LIMITS.telemetryRows],
    ["the pulse", each.pulse, LIMITS.objectRequests],
    ["copies in an isolate", touched(tenants, pair * (code.ttlMs / 1000)), code.heldScripts],
    ["the namespace's index, scripts", tenants, 1e6],
  ];
  return all.map(([what, load, limit]) => ({ what, load, limit, share: load / limit })).sort((one, other) => other.share - one.share);
}
