--- What ends `make docs`: a mistake in the annotations of library, or a dead link in the site.

local program = require "support.program"

local folder

before_each(function()
  folder = program.shell "mktemp -d":match "^%S+"
  program.shell(("mkdir -p %s/library %s/out %s/site/guide"):format(folder, folder, folder))
end)

after_each(function()
  program.shell("rm -rf " .. folder)
end)

local function write(path, text)
  local file = assert(io.open(folder .. "/" .. path, "w"))
  file:write(text)
  file:close()
end

--- What a script of the site prints, and its exit status.
local function run(script, arguments)
  local text, status = program.shell(("LUA_PATH_5_4='docs/site/?.lua;docs/site/reference/?.lua;;' lua5.4 docs/site/%s %s 2>&1"):format(script, arguments))
  return text:gsub(folder, "") .. status
end

describe("annotations for the reference", function()
  local HEAD = "---@meta cards\n\n--- The module.\n---@class cards\n---@field name string its name\nlocal cards = {}\n\n"

  local function mistakes(text)
    write("library/cards.lua", HEAD .. text)
    return run("reference/sources.lua", ("%s/out %s/library/cards.lua"):format(folder, folder))
  end

  it("are read where nothing is wrong", function()
    assert.equal("0", mistakes(table.concat({
      "--- Makes one of `cards.name`.", "---@param name? fun(a:string,b?:cards):(string, integer) of it", "---@return cards made the thing",
      "function cards.new(name) end", "" }, "\n")))
    local file = assert(io.open(folder .. "/out/cards.lua"))
    local text = file:read "*a"
    file:close()
    assert.truthy(text:find("-- @function cards.new\n", 1, true))
    assert.truthy(text:find("-- @param[opt,type=fun(a:string\1b?:cards):(string\1\5integer)] name \6name\6of it\n", 1, true))
    assert.truthy(text:find("-- @return[type=cards]  \6made\6the thing\n", 1, true))
  end)

  it("are those of library", function()
    assert.equal("0", run("reference/sources.lua", ("%s/out $(find library -name '*.lua' | sort)"):format(folder)))
  end)

  for what, case in pairs {
    ["a function without a text"] = { "function cards.new() end\n", ":8: no text for cards.new\n" },
    ["a field without a text"] = { "--- Keys.\n---@class cards.Keys\n---@field [string] never\n", ":10: no text for [string]\n" },
    ["a parameter without a text"] = { "--- Makes one.\n---@param name? string|integer\nfunction cards.new(name) end\n", ":9: no text for name?\n" },
    ["a class without a text"] = { "---@class cards.Keys\n", ":8: no text for cards.Keys\n" },
    ["a result without a name"] = { "--- Makes one.\n---@return string\nfunction cards.new() end\n", ":9: no name and text for what is returned\n" },
    ["a parameter that is not there"] = {
      "--- Makes one.\n---@param x string it\nfunction cards.new(y) end\n", ":10: its parameters are (y), and (x) have a comment\n",
    },
    ["a tag that is not known"] = { "---@feild x string it\n", ":8: @feild is not known\n" },
    ["a type that is not there"] = { "--- Makes one.\n---@param x cards.Other[] it\nfunction cards.new(x) end\n", ": cards.new: there is no cards.Other\n" },
    ["a name in a text that is not there"] = { "--- Makes what `cards.old` made.\nfunction cards.new() end\n", ": cards.new: there is no cards.old\n" },
  } do
    it("have no " .. what:gsub("^a ", ""), function()
      assert.equal("/library/cards.lua" .. case[2] .. "1", mistakes(case[1]))
    end)
  end
end)

describe("the site", function()
  local function check(html)
    write("site/guide/a.html", html)
    write("site/index.html", '<h1 id="top">T</h1>')
    write("site/index.js", 'const INDEX = [\n["T","","index.html#top","page"]\n];\n')
    return run("check.lua", ("%s/site"):format(folder))
  end

  it("may link to its own places and to elsewhere", function()
    assert.equal("0", check '<p id="b"><a href="#b">b</a> <a href="../index.html#top">t</a> <a href="https://a.example:8443/x?y=1#z">e</a></p>')
  end)

  for html, said in pairs {
    ['<a href="#b">b</a>'] = "guide/a.html: no #b in guide/a.html",
    ['<a href="b.html">b</a>'] = "guide/a.html: no b.html",
    ['<a href="../index.html#bottom">b</a>'] = "guide/a.html: no #bottom in index.html",
    ['<a href="https://a b.example/">b</a>'] = "guide/a.html: https://a b.example/",
    ['<img src="https://a.example/a.png">'] = "guide/a.html loads https://a.example/a.png",
    ['<b id="b"></b><b id="b"></b>'] = "guide/a.html: two of id b",
  } do
    it("has no " .. html, function()
      assert.equal(said .. "\n1", check(html))
    end)
  end

  it("has no search that leads nowhere", function()
    write("site/index.html", "")
    write("site/index.js", 'const INDEX = [\n["T","","index.html#bottom","page"]\n];\n')
    assert.equal("index.js: no index.html#bottom\n1", run("check.lua", ("%s/site"):format(folder)))
  end)
end)
