--- The files of `tls`: what is wrong with one is said in `new`, with the setting, the path and the reason.

local cards = require "cards"
local program = require "support.program"
local sandbox = require "support.sandbox"

local folder

local function write(name, content)
  local path = folder .. "/" .. name
  local file = assert(io.open(path, "wb"))
  file:write(content)
  file:close()
  return path
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read "*a"
  file:close()
  return content
end

local function openssl(command)
  local output, status = program.shell("openssl " .. command)
  assert.equal(0, status, output)
end

setup(function()
  folder = os.tmpname()
  os.remove(folder)
  assert.equal(0, select(2, program.shell("mkdir " .. folder)))
end)

teardown(function() program.shell("rm -r " .. folder) end)

--- What `new` says of these settings.
local function said(tls, config)
  local whole = sandbox.config("alix", config)
  whole.tls = tls
  local ok, message = pcall(cards.alix.new, whole)
  assert.is_false(ok)
  assert.not_matches("\n", message, 1, true)
  return message:match "cards%.alix%.new: (.*)"
end

local function identity(cert, key, password)
  return { cert_file = cert, key_file = key, key_password = password }
end

local function cert() return sandbox.url "CLIENT_CERT" end

--- The settings with that path in the place of one of the files.
local function with(key, path)
  return key == "ca_file" and { ca_file = path } or { cert_file = cert(), key_file = sandbox.url "CLIENT_KEY", [key] = path }
end

for _, key in ipairs { "ca_file", "cert_file", "key_file" } do
  describe("tls." .. key, function()
    it("that is not there, or no file, is named with its path and the system's reason", function()
      program.shell(("mkfifo %s/%s.fifo"):format(folder, key))
      for path, reason in pairs {
        ["/nowhere/x.pem"] = "No such file or directory", ["/tmp"] = "Is a directory", ["/dev/null"] = "it is no regular file",
        ["/dev/zero"] = "it is no regular file",
        [folder .. "/" .. key .. ".fifo"] = "it is no regular file", [cert() .. "/x"] = "Not a directory", [("/tmp/" .. ("x"):rep(300))] = "File name too long",
        [write(key .. ".empty", "")] = "it is empty",
      } do
        assert.equal(("tls.%s: %s: %s"):format(key, path, reason), said(with(key, path)))
      end
    end)

    it("that may not be read is named with the system's reason", function()
      local path, public = write(key .. ".secret", read(cert())), write("public", read(cert()))
      program.shell(("chmod 755 %s; chmod 644 %s; chmod 600 %s"):format(folder, public, path))
      local output = program.run(([[
        local ok, message = pcall(require "cards".alix.new, { base_url = "https://localhost", access_token = "t", tls = { cert_file = %q, [%q] = %q } })
        print(ok, message)
      ]]):format(public, key, path), { prefix = "setpriv --reuid=65534 --regid=65534 --clear-groups" })
      assert.matches(("false\t.*cards.alix.new: tls%%.%s: .*: Permission denied\n$"):format(key), output)
    end)

    it("that is given as its content, or may be a value, is not shown", function()
      assert.equal(("tls.%s must be the path of a file, not what is in it"):format(key), said(with(key, "-----BEGIN CERTIFICATE-----\nabc\n")))
      assert.equal(("tls.%s: the file: No such file or directory"):format(key), said(with(key, "4111111111111111")))
    end)

    it("that is no PEM says what it is", function()
      openssl(("x509 -in %s -outform der -out %s/der"):format(cert(), folder))
      openssl(("pkey -in %s -outform der -out %s/key.der"):format(sandbox.url "CLIENT_KEY", folder))
      openssl(("pkcs12 -export -in %s -inkey %s -passout pass:x -out %s/p12"):format(cert(), sandbox.url "CLIENT_KEY", folder))
      for path, reason in pairs {
        [folder .. "/der"] = "it has a certificate in DER, and PEM is wanted", [folder .. "/key.der"] = "it has a private key in DER, and PEM is wanted",
        [folder .. "/p12"] = "it is no PEM file", [write("text", "this is no PEM\n")] = "it is no PEM file: it has no line that begins with -----BEGIN",
        [write("nul", "\0\0\0")] = "it is no PEM file",
      } do
        assert.matches(("tls.%s: %s: %s"):format(key, path, reason), said(with(key, path)), 1, true)
      end
    end)
  end)
end

for _, key in ipairs { "ca_file", "cert_file" } do
  describe("a certificate of tls." .. key, function()
    local function because(content)
      local path = write("certificates", content)
      local message = said(with(key, path))
      assert.equal(("tls.%s: %s: "):format(key, path), message:sub(1, #key + #path + 8))
      return message:sub(#key + #path + 9)
    end

    it("is not a key, nor anything else", function()
      assert.equal("it has a private key, and no certificate", because(read(sandbox.url "CLIENT_KEY")))
      assert.equal("it has no certificate",
        because "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n")
    end)

    it("that is broken is named by its place", function()
      local good = read(cert())
      local block = good:match "(%-%-%-%-%-BEGIN.-END CERTIFICATE%-%-%-%-%-\n)"
      local other = block:gsub("\nMII", "\nMIA", 1)
      assert.not_equal(block, other)
      for content, place in pairs {
        [other] = 1, [block .. other] = 2, [block .. block .. block:sub(1, #block - 30)] = 3, [block .. block:gsub("\n(%w%w)", "\n!%1", 3)] = 2,
        [block .. "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"] = 2,
      } do
        assert.equal(("certificate %d in it is broken"):format(place), because(content))
      end
    end)
  end)
end

describe("the key of a client certificate", function()
  it("is a private key", function()
    assert.equal(("tls.key_file: %s: it has a certificate, and no private key"):format(cert()), said(identity(cert(), cert())))
    assert.equal(("tls.cert_file: %s: it has a certificate, and no private key, and tls.key_file is not set"):format(cert()), said(identity(cert())))
    local path = write("key", "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n")
    assert.equal(("tls.key_file: %s: its private key is broken, or of a kind that is not known"):format(path), said(identity(cert(), path)))
  end)

  it("is that of the certificate", function()
    local path = sandbox.url "NETXD_KEY"
    assert.equal(("tls.key_file: %s: its private key is not that of the certificate in tls.cert_file"):format(path), said(identity(cert(), path)))
  end)

  it("that is encrypted needs its password, for which nobody is asked, and which is not shown", function()
    local path = sandbox.url "CLIENT_KEY_ENCRYPTED"
    assert.equal(("tls.key_file: %s: its private key is encrypted: tls.key_password is required"):format(path), said(identity(cert(), path)))
    for _, password in ipairs { "not-the-password", cards.secret "not-the-password" } do
      assert.equal(("tls.key_file: %s: tls.key_password does not decrypt its private key"):format(path), said(identity(cert(), path, password)))
    end
    local old = folder .. "/old.key"
    openssl(("ec -aes128 -in %s -passout pass:x -out %s"):format(sandbox.url "CLIENT_KEY", old))
    assert.equal(("tls.key_file: %s: tls.key_password does not decrypt its private key"):format(old), said(identity(cert(), old, "y")))
    assert.is_userdata(cards.alix.new(sandbox.config("alix", { tls = identity(cert(), old, "x") })))
  end)

  it("may stand in the file of the certificate", function()
    local path = write("both", read(cert()) .. read(sandbox.url "CLIENT_KEY"))
    assert.is_userdata(cards.alix.new(sandbox.config("alix", { tls = { cert_file = path } })))
  end)
end)

describe("a file of authorities", function()
  it("may have several certificates, comments and what follows them", function()
    local ca = read(sandbox.url "CA_FILE")
    local path = write("ca", "# ours\n" .. ca .. "\n\n" .. read(sandbox.url "OTHER_CA_FILE") .. "# the end\n")
    local client = cards.alix.new(sandbox.config("alix", { tls = { ca_file = path } }))
    assert.is_table(client:private_info(sandbox.unique_id "ca"))
  end)

  it("is checked again when it has changed", function()
    local path = write("changed", read(sandbox.url "CA_FILE"))
    for _ = 1, 2 do
      assert.is_userdata(cards.alix.new(sandbox.config("alix", { tls = { ca_file = path } })))
    end
    write("changed", "now it is none")
    assert.matches("it is no PEM file", said { ca_file = path }, 1, true)
    os.remove(path)
    assert.matches("No such file or directory", said { ca_file = path }, 1, true)
  end)

  it("that breaks later is a tls error of the call", function()
    local path = write("later", read(sandbox.url "CA_FILE"))
    local client = cards.alix.new(sandbox.config("alix", { tls = { ca_file = path } }))
    write("later", "now it is none")
    local record, err = client:private_info(sandbox.unique_id "ca")
    assert.is_nil(record)
    assert.equal("tls", err.kind)
  end)

  it("is checked without TLS as well", function()
    assert.matches("No such file", said({ ca_file = "/nowhere" }, { base_url = "http://localhost", insecure_http = true }), 1, true)
  end)
end)
