local url = require "cards.redis.url"

describe("the address of a Redis", function()
  local function parsed(text)
    return assert(url.parse(text, "--from"))
  end

  it("has a host and a name, and what else is given", function()
    assert.same({ tls = false, user = false, host = "cache.example", port = 6379, name = "payouts", db = 0, shown = "redis://cache.example:6379/payouts" },
      parsed "redis://cache.example/payouts")
    assert.same({ tls = true, user = "worker.1", host = "10.0.0.7", port = 7000, name = "a-b_c.1", db = 3, shown = "rediss://10.0.0.7:7000/a-b_c.1?db=3" },
      parsed "rediss://worker.1@10.0.0.7:7000/a-b_c.1?db=3")
    local six = parsed "redis://[::1]:7000/x"
    assert.same({ "::1", 7000, "redis://[::1]:7000/x" }, { six.host, six.port, six.shown })
  end)

  for text, wrong in pairs {
    ["http://host/x"] = "redis://[USER@]HOST", ["redis:/host/x"] = "redis://[USER@]HOST", [""] = "redis://[USER@]HOST",
    ["redis://host"] = "name of 1 to 64", ["redis://host/"] = "name of 1 to 64",
    ["redis://host/a/b"] = "name of 1 to 64", ["redis://host/{a}"] = "name of 1 to 64",
    ["redis://host/" .. ("a"):rep(65)] = "name of 1 to 64", ["redis:///x"] = "host or port", ["redis://host:0/x"] = "host or port",
    ["redis://host:65536/x"] = "host or port", ["redis://host:/x"] = "host or port", ["redis://ho st/x"] = "host or port", ["redis://[::1/x"] = "host or port",
    ["redis://host/x?db=-1"] = "?db=N", ["redis://host/x?db="] = "?db=N", ["redis://host/x?timeout=1"] = "?db=N", ["redis://host/x#1"] = "redis://[USER@]HOST",
  } do
    it(("is refused: %s"):format(text), function()
      local made, why = url.parse(text, "--from")
      assert.is_nil(made)
      assert.equal("--from: ", why:sub(1, 8))
      assert.truthy(why:find(wrong, 1, true), why)
    end)
  end

  it("never has a password, which no message repeats", function()
    for _, text in ipairs { "redis://:geheim@host/x", "redis://user:geheim@host/x", "redis://user:ge@heim@host/x", "redis://us er@geheim@host/x" } do
      local made, why = url.parse(text, "--from")
      assert.is_nil(made)
      assert.truthy(why:find("CARDS_REDIS_PASSWORD_FILE", 1, true), why)
      assert.falsy(why:find "heim")
    end
  end)

  it("is a string", function()
    for _, value in ipairs { 1, {}, true } do
      assert.is_nil((url.parse(value, "shared")))
    end
  end)
end)
