local core = require "cards.core"
local sandbox = require "support.sandbox"

local function certificate(name)
  local file = assert(io.open(("%s/%s.pem"):format(sandbox.url("CA_FILE"):match "^(.*)/", name), "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

describe("core.certificate_names", function()
  it("knows the names and addresses that a certificate is for", function()
    for _, host in ipairs { "localhost", "provider.sandbox.test", "127.0.0.1", "::1" } do
      assert.is_true(core.certificate_names(certificate "server", host), host)
    end
    assert.is_true(core.certificate_names(certificate "wrong_host", "wrong.example"))
  end)

  it("knows no other", function()
    for _, host in ipairs { "localhost.example", "127.0.0.2", "example", "", "*", "wrong.example", "localhost\0.example" } do
      assert.is_false(core.certificate_names(certificate "server", host), host)
    end
    assert.is_false(core.certificate_names(certificate "wrong_host", "localhost"))
  end)

  it("takes the subject for no name", function()
    assert.is_false(core.certificate_names(certificate "client", "sandbox client"))
  end)

  it("knows no name of what is no certificate", function()
    for _, text in ipairs { "", "-----BEGIN CERTIFICATE-----", "\0" } do
      assert.is_false(core.certificate_names(text, "localhost"))
    end
  end)
end)
