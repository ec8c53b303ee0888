--- make uninstall takes away what make install has put there, and nothing else.

local installed = require "support.installed"
local program = require "support.program"

local quote, run, inside = program.quote, program.shell, installed.inside

setup(installed.copy)
teardown(installed.remove)

--- All below a folder: kinds, modes, sizes and names; with what is in each file.
local function tree(folder)
  return (run(("cd %s && find . -printf '%%y %%m %%P\\n' | sort && find . -type f -print0 | sort -z | xargs -0 -r sha256sum"):format(quote(folder))))
end

local function make(target, lua, prefix, more)
  local output, status = inside(("make -s %s LUA=%s PREFIX=%s %s"):format(target, lua, quote(prefix), more or ""))
  assert.equal(0, status, output)
end

-- What a system has there before: its folders, and files of others, one of them in a folder of ours.
local BEFORE = [[
  mkdir -p %s && cd %s
  mkdir -p bin share/man/man1 share/lua/%s/cards/mine/empty lib/lua/%s
  echo one > bin/cards-of-others; echo two > share/man/man1/cards-of-others.1
  echo three > share/lua/%s/cards/mine.lua; echo four > share/lua/%s/cardsharp.lua]]

describe("make uninstall", function()
  for _, lua in ipairs { "5.4", "5.1" } do
    it("leaves the tree as it was before make install for Lua " .. lua .. ", with the files of others", function()
      local root, prefix = installed.folder .. "/a root of " .. lua, "/usr/local"
      assert.equal("", (run(BEFORE:format(quote(root .. prefix), quote(root .. prefix), lua, lua, lua, lua))))
      local before = tree(root)
      local destination = "DESTDIR=" .. quote(root)
      make("install", lua, prefix, destination)
      local between = tree(root)
      assert.matches("/cards/cli/sandbox/start\n", between, 1, true)
      assert.matches("share/man/man1/cards.1\n", between, 1, true)
      make("uninstall", lua, prefix, destination)
      assert.equal(before, tree(root))
      make("uninstall", lua, prefix, destination) -- there is nothing left to remove
      assert.equal(before, tree(root))
    end)
  end

  it("leaves no folder of ours where nobody else had one", function()
    local prefix = installed.folder .. "/a prefix"
    make("install", "5.4", prefix)
    make("uninstall", "5.4", prefix)
    assert.equal("bin lib lib/lua lib/lua/5.4 share share/lua share/lua/5.4 share/man share/man/man1",
      (run(("cd %s && find . -mindepth 1 -printf '%%P\\n' | sort | xargs"):format(quote(prefix))):gsub("\n$", "")))
  end)

  it("leaves the program to the Lua for which it was installed last", function()
    local prefix = installed.folder .. "/a shared prefix"
    make("install", "5.4", prefix)
    make("install", "5.3", prefix)
    make("uninstall", "5.4", prefix)
    assert.equal("", (run("find " .. quote(prefix) .. " -path '*5.4/cards*'")))
    local output, status = run("env -i PATH=\"$PATH\" " .. quote(prefix .. "/bin/cards") .. " --version")
    assert.equal(0, status, output)
    assert.matches("(Lua 5.3)", output, 1, true)
    make("uninstall", "5.3", prefix)
    assert.equal("", (run("find " .. quote(prefix) .. " -type f")))
  end)

  it("removes nothing behind a link in the place of a folder of ours, and no program of another's", function()
    local prefix, checkout = installed.folder .. "/a linked prefix", installed.folder .. "/another's checkout"
    make("install", "5.4", prefix)
    local output, status = run(([[
      set -e; mkdir %s && cd %s/share/lua/5.4/cards && mv async %s && ln -s %s/async async
      cd ../../../../lib/lua/5.4 && mv cards %s/lib && ln -s %s/lib cards
      printf '#!/usr/bin/env lua5.4\n-- mine\n' > ../../../bin/cards]]):format(
      quote(checkout), quote(prefix), quote(checkout), quote(checkout), quote(checkout), quote(checkout)))
    assert.equal(0, status, output)
    local before = tree(checkout)
    assert.matches("async/waiters.lua", before, 1, true)
    make("uninstall", "5.4", prefix)
    assert.equal(before, tree(checkout))
    assert.equal("./bin/cards ./lib/lua/5.4/cards ./share/lua/5.4/cards/async ./share/man/man1/cards.1\n",
      (run(("cd %s && find . ! -type d | sort | xargs"):format(quote(prefix)))))
  end)
end)
