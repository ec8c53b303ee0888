--- What make dist makes: the same bytes from the same commit, and rocks that can be installed.

local installed = require "support.installed"
local program = require "support.program"

local quote, run, inside = program.quote, program.shell, installed.inside
local name = "cards-" .. installed.version
local dist

-- gcc, which LuaRocks calls, but that what knows no Lua is compiled already: the tarball has the same sources.
local GCC = [[
#!/bin/sh
for source in "$@"; do :; done
object=${source#src/}
case $source in
  src/lua/*) ;;
  src/*.c) exec cp "$BUILT/${object%.c}.o" "build/core/${object%.c}.o" ;;
esac
exec cc "$@"
]]

local function succeeds(command, folder)
  local output, status = inside(command, folder)
  assert.equal(0, status, output)
  return output
end

-- The copy becomes a repository of one commit, as this may be no clone.
setup(function()
  installed.copy()
  dist = installed.checkout .. "/build/dist"
  succeeds [[
    git init -q . && git add -A && git config user.name spec && git config user.email spec@localhost
    GIT_COMMITTER_DATE='2026-01-02T03:04:05Z' git commit -q -m All --date '2026-01-02T03:04:05Z'
    make -s dist]]
end)
teardown(installed.remove)

describe("make dist", function()
  it("makes the same bytes in another clone, at another time, for another user with other settings", function()
    local clone = installed.folder .. "/another clone"
    succeeds(("umask 077 && git clone -q -c core.autocrlf=true . %s"):format(quote(clone)))
    succeeds("echo '* export-ignore' > .git/others && git config core.attributesFile .git/others", clone)
    succeeds("umask 077 && git config tar.umask 077 && touch -d 2001-01-01 * && TZ=Asia/Tokyo LC_ALL=C GZIP=-1 make -s dist", clone)
    assert.equal("", (run(("cmp %s %s"):format(quote(dist .. "/" .. name .. ".tar.gz"), quote(clone .. "/build/dist/" .. name .. ".tar.gz")))))
  end)

  it("makes a checksum that sha256sum checks, beside it", function()
    assert.equal(name .. ".tar.gz: OK\n", succeeds(("sha256sum -c %s.tar.gz.sha256"):format(name), dist))
  end)

  it("has no name and no time in it but the commit's", function()
    local listed = succeeds(("tar tvzf %s.tar.gz | awk '{ print $2, $4 }' | sort -u"):format(name), dist)
    assert.equal("root/root 2026-01-02\n", listed)
    assert.equal(("%s/\n"):format(name), succeeds(("tar tzf %s.tar.gz | sed -n 1p"):format(name), dist))
    assert.equal("0\n", succeeds(("gzip -dc %s.tar.gz | grep -ac %s || true"):format(name, quote(installed.folder)), dist))
  end)

  it("refuses what is not committed", function()
    succeeds "echo >> README.md"
    finally(function() succeeds "git checkout -q README.md" end)
    local output, status = inside "make -s dist"
    assert.equal(2, status, output)
    assert.matches("^What is not committed would not be in the release: commit it, or put it away%.\n", output)
  end)

  it("refuses to be made of what is no clone, even inside of another one", function()
    local folder = installed.checkout .. "/build/unpacked"
    succeeds(("mkdir %s && tar xzf dist/%s.tar.gz --strip-components=1 -C %s"):format(quote(folder), name, quote(folder)), installed.checkout .. "/build")
    local output, status = inside("make -s dist", folder)
    assert.equal(2, status, output)
    assert.matches("^A release is made of the last commit of a clone, and this is none%.\n", output)
  end)

  it("writes rockspecs with the address where the release will be", function()
    local clone = installed.folder .. "/a clone for an address"
    succeeds(("git clone -q . %s"):format(quote(clone)))
    succeeds("make -s dist URL='https://cards.example/releases?of=a&to=b|c'", clone)
    for _, rock in ipairs { "cards", "cards-cli" } do
      local text = installed.contents(("%s/build/dist/%s-%s-1.rockspec"):format(clone, rock, installed.version))
      assert.matches(('source = { url = "https://cards.example/releases?of=a&to=b|c/%s.tar.gz" }'):format(name), text, 1, true)
    end
  end)
end)

describe("LuaRocks", function()
  it("packs the module from the tarball, installs that and the program, and both work", function()
    local tree, bin = installed.folder .. "/a tree", quote(installed.folder .. "/bin")
    local luarocks = ("luarocks --lua-version=5.4 --tree=%s "):format(quote(tree))
    local gcc = program.file(GCC)
    succeeds(("mkdir %s && mv %s %s/gcc && chmod 755 %s/gcc"):format(bin, gcc, bin, bin))
    succeeds(("%s pack cards-%s-1.rockspec"):format(luarocks, installed.version), dist)
    local environment = ("PATH=%s:$PATH BUILT=%s "):format(bin, quote(installed.checkout .. "/build/core"))
    succeeds(environment .. ("%s install cards-%s-1.src.rock"):format(luarocks, installed.version), dist)
    succeeds(("%s install --deps-mode none cards-cli-%s-1.rockspec"):format(luarocks, installed.version), dist)
    installed.works("5.4", tree)
    installed.stands_in("5.4", tree, tree)
  end)
end)
