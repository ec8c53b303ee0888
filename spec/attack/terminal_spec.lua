--- Text that would control a terminal or forge a line of a log.

local cards = require "cards"
local check = require "cards.util.check"
local cli = require "support.cli"
local program = require "support.program"
local to_json = require "cards.cli.json"

describe("text for a terminal", function()
  it("has control characters, C1 as UTF-8, as bytes and in longer forms", function()
    for given, expected in pairs {
      ["a\nb\27[2J\127\0"] = "a?b?[2J??", ["\194\155 2J"] = "?? 2J", ["\155x"] = "?x", ["\224\130\155"] = "???", ["\240\128\130\155"] = "????",
      ["é\155"] = "é?", ["Zoë 名 😀"] = "Zoë 名 😀", ["\194"] = "?", ["4111111111111111"] = "************1111",
    } do
      assert.equal(expected, check.line(given))
    end
  end)

  it("is JSON with C1 in values and names", function()
    assert.equal('{"\\u009b":"é\\u0080\\u009f"}', to_json { ["\194\155"] = "é\194\128\194\159" })
  end)

  it("is a name in a script file that the program complains of", function()
    local path = program.file 'return { ["a\\194\\155\\27\\nb"] = 5 }'
    local output, status = cli.run({ "check", path })
    os.remove(path)
    assert.equal(1, status)
    assert.is_nil(output:find "[%z\1-\9\11-\31\127-\255]")
    assert.equal(1, select(2, output:gsub("\n", "")))
  end)

  it("is a page of a definition that the program describes", function()
    local path = program.file [[return { name = "shown", base_url = "https://shown.example", page = "https://shown.example/\194\1552J",
      auth = { type = "bearer" },
      operations = { show = { path = "/c", page = "https://shown.example/\194\155", response = { fields = { ["a\194\155b"] = "string" } } } } }]]
    for _, name in ipairs { "shown", "shown.show" } do
      local output, status = cli.run { "describe", name, "--provider", path }
      assert.equal(0, status, output)
      assert.is_nil(output:find "[%z\1-\9\11-\31\127-\255]")
    end
    os.remove(path)
  end)

  it("is what a listener raises: an object that is no text", function()
    local client = cards.alix.new {
      access_token = "t", on_event = function() error(setmetatable({}, { __tostring = function() error "no" end })) end,
      base_url = "https://localhost:1", retries = 0,
    }
    local record, err = client:private_info "c_1"
    assert.is_nil(record)
    assert.equal("network", err.kind)
    assert.equal("an error that is no text", check.line(setmetatable({}, { __tostring = function() return {} end })))
  end)
end)
