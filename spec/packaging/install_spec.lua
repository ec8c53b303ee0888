--- The module and the program as others get them: installed by LuaRocks or make, and used by a process that knows nothing of the checkout.
-- The checkout is a copy, and every path has a space in it.

local program = require "support.program"
local sandbox = require "support.sandbox"

local quote, run = program.quote, program.shell
local folder, checkout

setup(function()
  folder = run "mktemp -d":match "^%S+" .. "/a folder"
  checkout = folder .. "/a checkout"
  -- with what is built already, so that it is not built once more
  local build = sandbox.directory():match "^(.*)/[^/]+$"
  local output, status = run(([[
    set -e
    chmod a+rx "$(dirname %s)" && mkdir -p %s/build
    tar c --exclude=./.git --exclude='./build*' . | tar x -C %s
    for part in core 5.1 5.3 5.4; do test ! -d %s/$part || cp -a %s/$part %s/build; done]]):format(
    quote(folder), quote(checkout), quote(checkout), quote(build), quote(build), quote(checkout)))
  assert.equal(0, status, output)
end)

teardown(function()
  run("rm -rf " .. quote(folder:match "^(.*)/"))
end)

--- Runs a command in the checkout, without what `make test` has set.
local function inside(command)
  return run("cd " .. quote(checkout) .. " && unset LUA_PATH LUA_CPATH MAKEFLAGS MAKELEVEL MFLAGS BUILD && " .. command)
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

-- Starts the stand-in of the program that is installed, without the proxies of the checkout, asks it once, and stops it.
local STAND_IN = [[
cards=%s dir=%s
"$cards" sandbox --dir "$dir" > "$dir.out" 2>&1 &
pid=$!
for _ in $(seq 1500); do
  grep -q 'Ctrl-C ends it' "$dir.out" && break
  kill -0 $pid 2>/dev/null || break
  sleep 0.02
done
. "$dir/env" || cat "$dir.out"
curl -sS -o /dev/null -w '%%{http_code}\n' --cacert "$CA_FILE" -H 'access-token: alix_token_sandbox' "$HTTPS_URL/alix/api/v2/cards/c_2/private-info"
grep -c PROXY "$dir/env"
kill -TERM $pid
wait $pid
echo "ended with $?"
ls "$dir"/nginx.pid "$dir"/env 2>/dev/null
true
]]

--- Runs a command that finds the modules in `prefix`, and nothing else of ours.
local function use(command, version, prefix)
  local paths = ("LUA_PATH='%s/share/lua/%s/?.lua;%s/share/lua/%s/?/init.lua;;' LUA_CPATH='%s/lib/lua/%s/?.so;;'"):format(prefix, version, prefix,
        version, prefix, version)
  return run(("cd %s && env -i PATH=\"$PATH\" %s %s"):format(quote(folder), prefix and paths or "", command))
end

local function works(version, prefix)
  local path = program.file(SCRIPT)
  local output, status = use("lua" .. version .. " " .. path, version, prefix)
  os.remove(path)
  assert.equal(0, status, output)
  assert.matches("works on Lua " .. version, output, 1, true)
  -- the program of `make install` needs to be told nothing, the one of a rock where the tree is
  output, status = use(quote(prefix .. "/bin/cards") .. " describe alix.private_info", version, prefix)
  assert.equal(0, status, output)
  assert.matches("card_id  string, required", output, 1, true)
end

--- @param paths the folder that its process has to be told of, or nil
local function stands_in(version, prefix, paths)
  local path = program.file(STAND_IN:format(quote(prefix .. "/bin/cards"), quote(prefix .. "-sandbox")))
  local output = use("bash " .. path, version, paths)
  os.remove(path)
  assert.equal("200\n0\nended with 0\n", output)
end

describe("luarocks make", function()
  for _, version in ipairs { "5.4", "5.1" } do
    it("installs module and program for Lua " .. version .. " without a flag for headers or libraries, beside Debian's lua-argparse", function()
      local tree = folder .. "/a tree " .. version
      local luarocks = ("luarocks --lua-version=%s --tree=%s make "):format(version, quote(tree))
      local output, status = inside(luarocks .. "rockspec/cards-scm-1.rockspec && " .. luarocks .. "--deps-mode none rockspec/cards-cli-scm-1.rockspec")
      assert.equal(0, status, output)
      works(version, tree)
      stands_in(version, tree, tree)
    end)
  end

  it("names every file of the program", function()
    local file = assert(io.open "rockspec/cards-cli-scm-1.rockspec")
    local text = file:read "*a"
    file:close()
    local listed = run "find lua/cards/cli -type f"
    for path in listed:gmatch "lua/[%w_/%.]+" do
      assert.truthy(text:find('"' .. path .. '"', 1, true), path)
    end
    for path in text:gmatch '= "(lua/[^"]+)"' do
      assert.truthy(listed:find(path, 1, true), path)
    end
  end)

  it("names every file of the stand-in that make install installs", function()
    local file = assert(io.open "rockspec/cards-cli-scm-1.rockspec")
    local text = file:read "*a"
    file:close()
    local named = {}
    for path in text:gmatch '= "(spec/sandbox/[^"]+)"' do
      named[#named + 1] = path
    end
    table.sort(named)
    local installed = {}
    for path in inside "make -s -f - print <<'END'\ninclude Makefile\nprint: ; @echo $(sort $(SANDBOX_SRC))\nEND\n":gmatch "%S+" do
      installed[#installed + 1] = path
    end
    table.sort(installed)
    assert.same(installed, named)
    assert.is_true(#named > 15)
  end)
end)

describe("the Dockerfile", function()
  local function contents(path)
    local file = assert(io.open(path))
    local text = file:read "*a"
    file:close()
    return text
  end
  local dockerfile = contents "Dockerfile"

  it("publishes the ports that the installed stand-in takes, as the guide says", function()
    local count = tonumber(contents "spec/sandbox/start":match "\nports=(%d+)")
    local first = tonumber(dockerfile:match '"%-%-port", "(%d+)"')
    local range = ("%d-%d"):format(first, first + count - 1)
    assert.equal(range, dockerfile:match "\nEXPOSE (%S+)")
    for _, text in ipairs { dockerfile, contents "docs/guide/testing.md" } do
      assert.matches(("docker run --rm -p %s:%s cards-sandbox"):format(range, range), text, 1, true)
    end
  end)

  it("copies what is there, and installs no other packages to build than the tests", function()
    local ignored, known = contents ".dockerignore", {}
    for word in contents "spec/support/deps":gmatch '[^%s"=]+' do
      known[word] = true
    end
    for path in dockerfile:gmatch "\nCOPY ([%w_/]+) /src" do
      assert.equal("", (run("test -e " .. path)))
      assert.matches("\n!" .. path .. "\n", ignored, 1, true)
    end
    local build = dockerfile:match "%-%-no%-install%-recommends ([^\n]+)\nCOPY"
    for package in build:gmatch "%S+" do
      assert.is_true(known[package], package)
    end
  end)
end)

describe("make install", function()
  for _, version in ipairs { "5.4", "5.3", "5.1" } do
    it("installs module and program for Lua " .. version .. " wherever PREFIX is", function()
      local prefix = folder .. "/a prefix " .. version
      local output, status = inside(("make -s install LUA=%s PREFIX=%s"):format(version, quote(prefix)))
      assert.equal(0, status, output)
      works(version, prefix)
      output, status = run(("env -i PATH=\"$PATH\" %s describe alix.private_info"):format(quote(prefix .. "/bin/cards")))
      assert.equal(0, status, output)
      assert.matches("card_id  string, required", output, 1, true)
      -- with the manual page, which man reads
      local manual = quote(prefix .. "/share/man/man1/cards.1")
      output = run("cat " .. manual)
      assert.matches('.TH CARDS 1 "" "cards ', output, 1, true)
      assert.matches(".SS cards call\n", output, 1, true)
      stands_in(version, prefix)
    end)
  end

  it("leaves the manual page out where lua-argparse is missing, and installs a program that says so", function()
    local prefix, hidden = folder .. "/a bare prefix", folder .. "/hidden"
    local path = quote(hidden .. "/?.lua;;")
    local output, status = inside(([[
      mkdir %s && echo 'error("module '"'argparse'"' not found:", 0)' > %s/argparse.lua && LUA_PATH=%s make -s install LUA=5.4 PREFIX=%s]]):format(
      quote(hidden), quote(hidden), path, quote(prefix)))
    assert.equal(0, status, output)
    assert.matches("cards(1) is left out: it is made with lua5.4, lua-argparse and lua-cjson", output, 1, true)
    output, status = run(("test ! -e %s && LUA_PATH=%s %s describe"):format(quote(prefix .. "/share/man"), path, quote(prefix .. "/bin/cards")))
    assert.equal(1, status, output)
    assert.matches("^cards: Lua 5.4 has no module argparse: install lua%-argparse[^\n]*\n$", output)
  end)
end)

describe("make", function()
  it("says which Luas there are when it is asked for another one", function()
    local output, status = inside "make LUA=5.2"
    assert.equal(2, status, output)
    assert.matches("LUA=5.2 is none of 5.1 5.3 5.4 luajit", output, 1, true)
  end)

  it("lists what can be made", function()
    local output = inside "make help"
    for _, target in ipairs { "all", "demo", "install", "sandbox", "test", "check", "bench", "help" } do
      assert.matches("make " .. target .. " +%w", output)
    end
  end)
end)

describe("make demo", function()
  it("leaves a running sandbox alone, whose CA file others may read", function()
    local output, status = inside "umask 077 && spec/sandbox/start && . build/sandbox/env && echo \"$HTTP_URL $CA_FILE\""
    assert.equal(0, status, output)
    local url, ca_file = output:match "(http://%S+) ([^\n]+)\n$"
    finally(function() inside "spec/sandbox/stop" end)

    output, status = inside "make -s demo LUA=5.4 DEPS=no"
    assert.equal(0, status, output)
    assert.matches("whop       retrieve        ************4242", output, 1, true)

    assert.equal("200 0\n", (run("curl -s -m 5 -o /dev/null -w '%{http_code} ' " .. url .. "/_sandbox/ready; echo $?")))
    local as_nobody = run "id -u":match "^0" and "setpriv --reuid=65534 --regid=65534 --clear-groups " or ""
    assert.matches("BEGIN CERTIFICATE", (run(as_nobody .. "cat " .. quote(ca_file))))
    assert.equal("755 644\n", (run(("echo $(stat -c %%a %s/build/sandbox %s)"):format(quote(checkout), quote(ca_file)))))
  end)
end)
