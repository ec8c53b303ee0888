--- The module and the program as others get them: installed by LuaRocks or make, and used by a process that knows nothing of the checkout.

local installed = require "support.installed"
local program = require "support.program"

local quote, run, inside, contents = program.quote, program.shell, installed.inside, installed.contents
local works, stands_in = installed.works, installed.stands_in
local rockspec = ("rockspec/cards-%s-1.rockspec"):format(installed.version)
local rockspec_of_program = ("rockspec/cards-cli-%s-1.rockspec"):format(installed.version)

setup(installed.copy)
teardown(installed.remove)

describe("luarocks make", function()
  it("installs module and program for Lua 5.1 without a flag for headers or libraries, beside Debian's lua-argparse", function()
    local tree = installed.folder .. "/a tree"
    local luarocks = ("luarocks --lua-version=5.1 --tree=%s make "):format(quote(tree))
    local output, status = inside(luarocks .. rockspec .. " && " .. luarocks .. "--deps-mode none " .. rockspec_of_program)
    assert.equal(0, status, output)
    works("5.1", tree)
    stands_in("5.1", tree, tree)
    assert.matches("^playground: nginx runs LuaJIT, for which there is no module: [^\n]+\n$", installed.plays("5.1", tree, tree))
  end)

  it("names every file of the program", function()
    local text = contents(rockspec_of_program)
    local listed = run "find lua/cards/cli -type f"
    for path in listed:gmatch "lua/[%w_/%.]+" do
      assert.truthy(text:find('"' .. path .. '"', 1, true), path)
    end
    for path in text:gmatch '= "(lua/[^"]+)"' do
      assert.truthy(listed:find(path, 1, true), path)
    end
  end)

  it("names every file of the stand-in that make install installs", function()
    local text = contents(rockspec_of_program)
    local named = {}
    for path in text:gmatch '= "(spec/sandbox/[^"]+)"' do
      named[#named + 1] = path
    end
    table.sort(named)
    local sources = {}
    for path in inside "make -s -f - print <<'END'\ninclude Makefile\nprint: ; @echo $(sort $(SANDBOX_SRC))\nEND\n":gmatch "%S+" do
      sources[#sources + 1] = path
    end
    table.sort(sources)
    assert.same(sources, named)
    assert.is_true(#named > 15)
  end)
end)

describe("make install", function()
  for _, version in ipairs { "5.4", "5.3", "5.1" } do
    it("installs module and program for Lua " .. version .. " wherever PREFIX is", function()
      local prefix = installed.folder .. "/a prefix " .. version
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

  it("installs a playground that finds the module for LuaJIT beside the program's own", function()
    local prefix = installed.folder .. "/a prefix to play in"
    local output, status = inside(("make -s install LUA=5.4 PREFIX=%s && make -s install-module LUA=luajit PREFIX=%s"):format(quote(prefix), quote(prefix)))
    assert.equal(0, status, output)
    assert.equal('200 200 200 200 "number":"************1111"\nended with 0\n', installed.plays("5.4", prefix))
  end)

  it("takes a PREFIX for what it is, whatever is in it", function()
    local prefix = installed.folder .. [[/a prefix, which isn't `a` \ "b"]]
    local output, status = inside(("make -s install PREFIX=%s && cd / && %s --version"):format(quote(prefix), quote(prefix .. "/bin/cards")))
    assert.equal(0, status, output)
    assert.matches("^cards %S+ %(Lua 5.4%)\n$", output)
    output, status = inside 'make -s install PREFIX="build/a prefix" && here=$PWD && cd / && "$here/build/a prefix/bin/cards" --version'
    assert.equal(0, status, output)
    assert.matches("^cards %S+ %(Lua 5.4%)\n$", output)
  end)

  it("writes nothing through a link where the program will be", function()
    local bin = installed.folder .. "/a linked prefix/bin"
    local output, status = inside(([[
      mkdir -p %s && cp lua/cards/cli/cards linked && ln -s "$PWD/linked" %s/cards && make -s install PREFIX=%s && cmp lua/cards/cli/cards linked]]):format(
      quote(bin), quote(bin), quote(bin:match "^(.*)/bin$")))
    assert.equal(0, status, output)
  end)

  it("leaves the manual page out where lua-argparse is missing, and installs a program that says so", function()
    local prefix, hidden = installed.folder .. "/a bare prefix", installed.folder .. "/hidden"
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
    for _, target in ipairs { "all", "demo", "install", "sandbox", "playground", "test", "check", "bench", "help" } do
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

    assert.equal("200 0\n", (run("curl -s -m 60 -o /dev/null -w '%{http_code} ' " .. url .. "/_sandbox/ready; echo $?")))
    local as_nobody = run "id -u":match "^0" and "setpriv --reuid=65534 --regid=65534 --clear-groups " or ""
    assert.matches("BEGIN CERTIFICATE", (run(as_nobody .. "cat " .. quote(ca_file))))
    assert.equal("755 644\n", (run(("echo $(stat -c %%a %s/build/sandbox %s)"):format(quote(installed.checkout), quote(ca_file)))))
  end)
end)
