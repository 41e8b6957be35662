#!/usr/bin/env bash
# Builds and runs the Worker locally: dev.sh PORT. What `make dev` does after the set-up.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"
use_node
port=$1

# Asked now: wrangler would find out after the build only.
node -e 'require("net").createServer().once("error", () => process.exit(1)).listen(+process.argv[1], "127.0.0.1", () => process.exit())' "$port" 2>/dev/null ||
  fail "cannot listen on 127.0.0.1:$port" "end what listens there, or choose another port: make dev PORT=9000"

# Whoever may change the configuration locally: nobody but the reader of this file.
if ! grep -qsE "^API_TOKEN=[\"']?[^\"' ]" .dev.vars; then
  step "making an API_TOKEN in .dev.vars"
  (umask 077 && printf '\nAPI_TOKEN=%s\n' "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" >>.dev.vars)
fi

# And what it keeps their secrets with. Whoever loses it loses them.
if ! grep -qsE "^SECRETS_KEY=[\"']?[^\"' ]" .dev.vars; then
  step "making a SECRETS_KEY in .dev.vars"
  (umask 077 && printf '\nSECRETS_KEY=%s\n' "$(head -c 32 /dev/urandom | base64 | tr -d '\n')" >>.dev.vars)
fi

token=$(sed -n "s/^API_TOKEN=[\"']\{0,1\}\([^\"']*\)[\"']\{0,1\}$/\1/p" .dev.vars | tail -n 1)

step "building"
scripts/build.sh
cat <<EOF

  Open         http://127.0.0.1:$port/#token=$token when wrangler says Ready
               (signs you in, once: the token is from .dev.vars and stays in the page)
  Deploy to it CLOUDFLARE_API_BASE_URL=http://127.0.0.1:$port/client/v4 npx wrangler deploy --dispatch-namespace ... (README.md)
  Stop         Ctrl-C

  Harmless: workerd warns of its "bootstrap compile cache", the price of a V8 flag that keeps memory flat (scripts/dev.sh).
  Offline, wrangler also warns of \`Request.cf\`.

EOF
# One example of each pattern, as soon as it answers. It ends with wrangler, whose process this one becomes.
node scripts/seed.mjs "http://127.0.0.1:$port" $$ &
# With each isolate that it makes, workerd tells V8 that memory is short; V8 then drops the WebAssembly code that its first
# compiler made, keeps the pages, and compiles again: half a MiB and some milliseconds for each GET /dynamic. Not here.
export MINIFLARE_WORKERD_V8_FLAGS=${MINIFLARE_WORKERD_V8_FLAGS:---no-flush-liftoff-code}
# In place of this script, so that a signal reaches wrangler itself, which ends the runtime.
# Each worker that is loaded stays in memory, at 1 to 2 MiB: better an error that says so than no memory. Whoever develops is told
# what a script threw.
exec node_modules/.bin/wrangler dev --ip 127.0.0.1 --port "$port" --var "MAX_LOADED_WORKERS:${MAX_LOADED_WORKERS:-1000}" --var "ERROR_DETAIL:true"
