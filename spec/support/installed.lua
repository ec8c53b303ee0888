--- A copy of the checkout, what is installed from it, and processes that know nothing else of it. Every path has a space in it.

local assert = require "luassert"
local program = require "support.program"
local sandbox = require "support.sandbox"

local quote, run = program.quote, program.shell

local installed = {}

--- The contents of a file.
function installed.contents(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

--- The version, as the rockspecs' names have it, too.
installed.version = installed.contents "lua/cards/init.lua":match '_VERSION = "([^"]+)"'

--- Makes a folder with a copy of the checkout in it, and with what is built already, so that it is not built once more.
-- They are installed.folder and installed.checkout, until remove().
function installed.copy()
  installed.folder = run "mktemp -d":match "^%S+" .. "/a folder"
  installed.checkout = installed.folder .. "/a checkout"
  local build, checkout = quote(sandbox.directory():match "^(.*)/[^/]+$"), quote(installed.checkout)
  local output, status = run(([[
    set -e
    chmod a+rx "$(dirname %s)" && mkdir -p %s/build
    tar c --exclude=./.git --exclude='./build*' . | tar x -C %s
    for part in core 5.1 5.3 5.4 luajit; do test ! -d %s/$part || cp -a %s/$part %s/build; done]]):format(
    quote(installed.folder), checkout, checkout, build, build, checkout))
  assert.equal(0, status, output)
end

function installed.remove()
  run("rm -rf " .. quote(installed.folder:match "^(.*)/"))
end

--- Runs a command in the copy, or in another folder, without what `make test` has set.
-- @return output, status
function installed.inside(command, folder)
  return run("cd " .. quote(folder or installed.checkout) .. " && unset LUA_PATH LUA_CPATH MAKEFLAGS MAKELEVEL MFLAGS BUILD && " .. command)
end

-- Fails on a machine-wide installation, on a missing Lua file and on a C module for another Lua.
local SCRIPT = [[
local cards = require "cards"
for _, name in ipairs { "alix", "netxd", "whop", "payengine", "nayax" } do
  assert(require("cards." .. name) == cards[name], name)
end
local where = package.searchpath and package.searchpath("cards.core", package.cpath) or "unknown"
assert(not where:find("^build/"), where)
local alix = cards.alix.new { base_url = "https://localhost:1", access_token = "t", retries = 0 }
local record, err = alix:private_info "c_1"
assert(record == nil and err.kind == "network", tostring(err))
local testing = require "cards.testing"
local client = testing.client("alix", { private_info = { cardNo = "4111111111111111" } })
assert(tostring(client:private_info "c_1".cardNo) == "************1111")
testing.clock():stop()
io.write("works on ", _VERSION, "\n")
]]

-- Starts a command of the installed program that goes on, asks what it serves, and stops it.
local SERVES = [[
cards=%s dir=%s command=%s ready=%s
: > "$dir.out" # which is looked at at once
"$cards" "$command" --dir "$dir" > "$dir.out" 2>&1 &
pid=$!
for _ in $(seq 1500); do
  grep -q "$ready" "$dir.out" && break
  kill -0 $pid 2>/dev/null || break
  sleep 0.02
done
%s
kill -TERM $pid
wait $pid
echo "ended with $?"
%s
true
]]

--- @param asks, looks shell commands: while it serves, and when it has ended
local function serves(version, prefix, paths, command, ready, asks, looks)
  local path = program.file(SERVES:format(quote(prefix .. "/bin/cards"), quote(prefix .. "-" .. command), command, quote(ready), asks, looks))
  local output = installed.use("bash " .. path, version, paths)
  os.remove(path)
  return output
end

--- Runs a command that finds the modules in `prefix`, and nothing else of ours.
function installed.use(command, version, prefix)
  local paths = ("LUA_PATH='%s/share/lua/%s/?.lua;%s/share/lua/%s/?/init.lua;;' LUA_CPATH='%s/lib/lua/%s/?.so;;'"):format(prefix, version, prefix,
        version, prefix, version)
  return run(("cd %s && env -i PATH=\"$PATH\" %s %s"):format(quote(installed.folder), prefix and paths or "", command))
end

--- Uses the module and the program that are installed below a prefix.
function installed.works(version, prefix)
  local path = program.file(SCRIPT)
  local output, status = installed.use("lua" .. version .. " " .. path, version, prefix)
  os.remove(path)
  assert.equal(0, status, output)
  assert.matches("works on Lua " .. version, output, 1, true)
  -- the program of `make install` needs to be told nothing, the one of a rock where the tree is
  output, status = installed.use(quote(prefix .. "/bin/cards") .. " describe alix.private_info", version, prefix)
  assert.equal(0, status, output)
  assert.matches("card_id  string, required", output, 1, true)
end

--- Has the installed program stand in for the providers, without the proxies of the checkout.
-- @param paths the folder that its process has to be told of, or nil
function installed.stands_in(version, prefix, paths)
  assert.equal("200\n0\nended with 0\n", serves(version, prefix, paths, "sandbox", "Ctrl-C ends it", [[
. "$dir/env" || cat "$dir.out"
curl -sS -o /dev/null -w '%{http_code}\n' --cacert "$CA_FILE" -H 'access-token: alix_token_sandbox' "$HTTPS_URL/alix/api/v2/cards/c_2/private-info"
grep -c PROXY "$dir/env"]], 'ls "$dir"/nginx.pid "$dir"/env 2>/dev/null'))
end

--- Has the installed program show its playground.
-- @param paths the folder that its process has to be told of, or nil
-- @return what it said and was answered
function installed.plays(version, prefix, paths)
  return serves(version, prefix, paths, "playground", "^http", [[
grep -q ^http "$dir.out" || { cat "$dir.out"; exit; }
read -r url < "$dir.out"
origin=${url%/*/}
for path in '' page.css assets/codemirror/lib/codemirror.js api/catalogue; do curl -sS -o /dev/null -w '%{http_code} ' "$url$path"; done
run='{"provider":"alix","operation":"private_info","params":{"card_id":"c_1"}}'
curl -sS -H "Origin: $origin" -H 'Content-Type: application/json' -d "$run" "${url}api/run" | grep -o '"number":"[*1]*"']],
    'grep -v ^http "$dir.out"\nls "$dir"/nginx.pid "$dir"/token 2>/dev/null')
end

return installed
