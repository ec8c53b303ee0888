--- examples/nginx.conf, as `make demo-nginx` shows it.

local nginx = require "support.nginx"
if nginx.is_missing("example", pending) then return end

local program = require "support.program"
local sandbox = require "support.sandbox"

local folder

setup(function() folder = nginx.examples() end)
teardown(function() program.shell("rm -rf " .. folder) end)

--- Runs the demo on a port of its own; the sandbox runs already. @return for each path, what it shows; all that it printed; its exit status
local function demo(...)
  local port = nginx.free_port()
  local where = ("cd %s && %sCARDS_SANDBOX=%s"):format(folder, nginx.PATH, program.quote(nginx.absolute(sandbox.directory())))
  local words = { where, "lua5.4 examples/demo_nginx.lua", port }
  for _, path in ipairs { ... } do words[#words + 1] = program.quote(path) end
  local output, status = program.shell(table.concat(words, " "))
  local shown = {}
  for path, text in output:gmatch "%$ curl http://127%.0%.0%.1:%d+(/%S*)\n([^$]*)" do shown[path] = text end
  return shown, output, status
end

local function leaks(output)
  for _, secret in ipairs { sandbox.ALIX_PAN, sandbox.WHOP_PAN, sandbox.PAYENGINE_TOKEN } do
    if output:find(secret, 1, true) then return secret end
  end
  if output:find("%f[%w.]" .. sandbox.NETXD_CVV .. "\n") then return sandbox.NETXD_CVV end -- seconds among the metrics may end like it
  for _, provider in ipairs(sandbox.PROVIDERS) do
    for _, secret in pairs(sandbox.credentials(provider)) do
      if output:find(secret, 1, true) then return secret end
    end
  end
end

describe("examples/nginx.conf", function()
  it("gives a masked card of each of five providers, and says what is not found", function()
    local shown, output, status = demo()
    assert.equal(0, status, output)
    assert.matches("HTTP 200\n.*number       %*%*%*%*%*%*%*%*%*%*%*%*1111\n", shown["/cards/alix/c_1"])
    assert.matches("HTTP 200\n  cvv          %*%*%*\n", shown["/cards/netxd/025951734ff74c13a14137e02834fa00"])
    assert.matches("HTTP 200\n.*exp_year     2027\n.*number       %*%*%*%*%*%*%*%*%*%*%*%*4242\n", shown["/cards/whop/icrd_1"])
    assert.matches("HTTP 200\n.*token        %*%*%*\n", shown["/cards/payengine/1d15778a-64fb-459b-8c19-e8b5da0a9af9"])
    assert.matches("HTTP 200\n.*last4        1111\n", shown["/cards/nayax/NAYAXTOK12345"])
    assert.matches("HTTP 404\n  error\n.*kind         not_found\n", shown["/cards/whop/sandbox-not_found"])
    assert.is_nil(leaks(output))
  end)

  it("tells Prometheus of its workers", function()
    local shown, output = demo("/cards/alix/c_1", "/metrics")
    assert.matches("\n# TYPE cards_connections_open gauge\ncards_connections_open %d+\n", shown["/metrics"])
    assert.matches("\n200\n", shown["/metrics"], 1, true)
    assert.is_nil(leaks(output))
  end)

  it("answers with a status that says whose mistake it is", function()
    local expected = {
      ["/cards/alix/sandbox-declined"] = "422",
      ["/cards/whop/sandbox-bad_request"] = "400",
      ["/cards/payengine/sandbox-not_found"] = "404",
      ["/cards/whop/sandbox-unauthorized"] = "502",
      ["/cards/nayax/sandbox-not_json"] = "502",
      ["/cards/alix/sandbox-unavailable"] = "502",
      ["/cards/whop/sandbox-rate_limited"] = "503",
      ["/cards/nobody/c_1"] = "404",
    }
    local paths = {}
    for path in pairs(expected) do paths[#paths + 1] = path end
    local shown, output, status = demo(table.unpack(paths))
    assert.equal(0, status, output)
    for path, code in pairs(expected) do
      assert.matches("HTTP " .. code .. "\n  error\n.*kind  ", shown[path] or path .. " is not shown")
    end
    assert.is_nil(leaks(output))
  end)
end)
