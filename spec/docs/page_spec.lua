--- How the code of pages is read, and what counts as what a page shows.

local page = require "docs.page"

local unpack = table.unpack or unpack -- luacheck: ignore

local function blocks(...) return page.blocks(table.concat({ ... }, "\n")) end

describe("a page", function()
  it("has blocks with their language and line", function()
    local found = blocks("# A", "```lua", "print(1)", "```", "", "```sh", "true", "```")
    assert.same({ { "lua", 3 }, { "sh", 7 } }, { { found[1].language, found[1].line }, { found[2].language, found[2].line } })
  end)

  it("names a file in the first line of a block, which only data loses", function()
    local found = blocks("```lua", "-- a/b.lua", "return 1", "```", "```csv", "# ids.csv", "id", "```", "```lua", "-- what b.lua does", "f()", "```",
      "```sh", "f ids.csv", "```")
    assert.same({ "a/b.lua", "-- a/b.lua\nreturn 1\n" }, { found[1].name, found[1].content })
    assert.same({ "ids.csv", "id\n" }, { found[2].name, found[2].content })
    assert.is_nil(found[3].name)
  end)

  it("leaves out the block behind a reason, and no other", function()
    local found = blocks("<!-- not run: needs root -->", "```sh", "apt-get", "```", "```sh", "true", "```",
      "<!-- not run: x -->", "text", "```sh", "true", "```")
    assert.same({ "needs root", nil, nil }, { found[1].skip, found[2].skip, found[3].skip })
  end)

  it("is wrong where a block says no language, or has no end", function()
    assert.same({ nil, "line 2: a block of code says what it is: lua, sh, nginx, csv, json or text" }, { blocks("a", "```", "b", "```") })
    assert.same({ nil, "line 2: a block of code has no end" }, { blocks("a", "```lua", "b") })
  end)

  it("is wrong where code stands in another way, in which it would not run", function()
    for _, line in ipairs { "~~~lua", "> ```lua", "- ```sh", "1. ~~~" } do
      assert.same({ nil, "line 2: a block of code begins with ``` alone in front" }, { blocks("a", line, "error()") }, line)
    end
    assert.equal("sh", blocks("- a", "", "  ```sh", "  true", "  ```")[1].language)
  end)

  it("is wrong where it has code that nothing tries", function()
    local function why(...) return (select(2, blocks(...))) end
    local uses = { "```sh", "lua a/b.lua", "```" }
    local b = { "```lua", "-- a/b.lua", "print(1)", "```" }
    assert.equal("line 1: a block of lua is used by another block, which names a/b.lua", why(unpack(b)))
    assert.is_nil(why(b[1], b[2], b[3], b[4], unpack(uses)))
    assert.is_nil(why(b[1], b[2], b[3], b[4], "```lua", 'require "b"', "```"))
    assert.matches("names a/b.lua", why(b[1], b[2], b[3], b[4], "<!-- not run: no -->", unpack(uses)))
    assert.equal("line 5: a block of lua is not a/b.lua once more: only one of them would be tried",
      why(b[1], b[2], b[3], b[4], b[1], b[2], b[3], b[4], unpack(uses)))
    assert.equal("line 1: a block of lua shows what it prints in a text behind the sh that runs it, not as -->",
      why(b[1], b[2], "print(1) --> 2", b[4], unpack(uses)))
    assert.equal("line 1: a block of nginx names its file in its first line", why("```nginx", "events {}", "```"))
    assert.equal("line 5: a block of text is no text behind Lua: --> says what a program prints", why("```lua", "print(1)", "```", "", "```text", "2", "```"))
    assert.is_nil(why("```lua", "print(1)", "```", "A unit of systemd:", "```text", "[Service]", "```"))
  end)

  it("is one program, whose lines are those of the page", function()
    local source, expected = page.program(blocks(
      "# A", "```lua", "local a = 1", "```", "text", "```lua", "print(a) --> 1", "--> 2", "```",
      "```lua", "-- x.lua", "no()", "```", "```sh", "lua x.lua", "```"
    ))
    assert.equal("\n\nlocal a = 1\n\n\n\nprint(a) --> 1\n--> 2\n", source)
    assert.same({ "1", "2" }, expected)
    assert.is_nil((page.program(blocks("```sh", "true", "```"))))
  end)
end)

describe("what was printed", function()
  it("is what the page shows but for space", function()
    assert.is_nil(page.difference({ "a  b" }, "a\tb\n"))
    assert.is_nil(page.difference({ "", "a", "" }, "\n a \n\n"))
  end)

  it("is something else where a line differs, lacks or is too many", function()
    assert.equal('the page shows "a", printed was "b"', page.difference({ "a" }, "b\n"))
    assert.equal('the page shows "b", printed was "nothing more"', page.difference({ "a", "b" }, "a\n"))
    assert.equal('the page does not show "b"', page.difference({ "a" }, "a\nb\n"))
    assert.equal('the page does not show "a"', page.difference({}, "a\n"))
  end)

  it("may be anything where the page says …, within a line or for lines", function()
    assert.is_nil(page.difference({ "a … d" }, "a b c d\n"))
    assert.is_truthy(page.difference({ "a … d" }, "a b c\n"))
    assert.is_nil(page.difference({ "a", "…", "d" }, "a\nb\nc\nd\n"))
    assert.is_truthy(page.difference({ "a", "…", "d" }, "a\nb\nc\n"))
    assert.is_nil(page.difference({ "…" }, "a\nb\n"))
  end)

  it("is text, and no pattern", function()
    assert.is_truthy(page.difference({ "a.c" }, "abc\n"))
    assert.is_nil(page.difference({ "a.c (%d) [x] ^$" }, "a.c (%d) [x] ^$\n"))
  end)
end)
