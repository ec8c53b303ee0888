--- The examples, run against the sandbox as their first lines say. Those of event loops, policies and providers have specs of their own.

local page = require "docs.page"
local program = require "support.program"
local sandbox = require "support.sandbox"

--- Runs an example. @return its output, its exit status
local function example(line)
  local words = { "CA_FILE=" .. program.quote(sandbox.url "CA_FILE") }
  for _, provider in ipairs(sandbox.PROVIDERS) do
    table.insert(words, ("%s_URL=%s"):format(provider:upper(), program.quote(sandbox.url "HTTPS_URL" .. "/" .. provider)))
    for name, value in pairs(sandbox.credentials(provider)) do
      local variable = name:upper():find(provider:upper(), 1, true) and name:upper() or provider:upper() .. "_" .. name:upper()
      table.insert(words, variable .. "=" .. program.quote(value))
    end
  end
  table.insert(words, os.getenv "LUA_BIN")
  return program.shell(table.concat(words, " ") .. " examples/" .. line)
end

local function prints(line, expected, code)
  return function()
    local output, status = example(line)
    assert.equal(code or 0, status, output)
    for _, text in ipairs(expected) do
      assert.is_truthy(output:find(text, 1, true), output)
    end
    for _, secret in ipairs { sandbox.ALIX_PAN, sandbox.WHOP_PAN, sandbox.PAYENGINE_TOKEN, "_token_sandbox", "_secret_sandbox" } do
      assert.is_nil(output:find(secret, 1, true), output)
    end
  end
end

describe("examples/quickstart.lua", function()
  it("prints a masked card", prints("quickstart.lua", { "27\t************1111\t***\n", "1111\ttrue\n" }))
end)

describe("examples/own_mapping.lua", function()
  it("maps a record by the built-in mapping, and by its own", prints("own_mapping.lua", {
    "status=active holder=John Doe number=************4242 country=US\n", "status=open holder=JOHN DOE number=************4242 country=US\n",
  }))
end)

describe("examples/fallback.lua", function()
  it("asks the second provider where the first cannot answer", prints("fallback.lua", { "whop has it: ************4242, valid until 12/2027\n" }))

  it("asks only the first where that can", prints("fallback.lua c_1", { "alix has it: ************1111, valid until" }))

  it("does not ask the second where the first has refused", prints("fallback.lua sandbox-declined", { "neither: alix.private_info: declined" }, 1))
end)

describe("examples/forward_secret.lua", function()
  it("gives one provider's token to another, unseen", function()
    local id = sandbox.unique_id "forward"
    local token = sandbox.unique_id "tok"
    sandbox.plant(id, { token = token })
    prints("forward_secret.lua " .. id, { "the token *** (closed) belongs to a card of ", "that ends in 1111\n" })()
    assert.matches('"nayaxTokenId":"' .. token .. '"', sandbox.seen(token).last.body, 1, true)
  end)
end)

describe("README.md", function()
  it("shows an example that prints what it says", function()
    local file = assert(io.open "README.md")
    local source, shown = page.program(assert(page.blocks(file:read "*a")))
    file:close()
    local output, status = program.run(source, { env = {
      CARDS_ALIX_BASE_URL = sandbox.url "HTTPS_URL" .. "/alix", CARDS_CA_FILE = sandbox.url "CA_FILE",
      CARDS_ALIX_ACCESS_TOKEN = sandbox.credentials "alix".access_token,
    } })
    assert.equal(0, status, output)
    assert.is_nil(page.difference(shown, output))
  end)
end)
