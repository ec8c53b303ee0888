--- The openssl program, as somebody else's eyes on keys and signatures.

local openssl = {}

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

local function run(command)
  local pipe = io.popen("openssl " .. command .. " 2>&1")
  local output = pipe:read "*a"
  pipe:close()
  return output
end

--- What the program writes of an input: "dgst -sha256 -binary".
function openssl.run(command, input)
  local path = os.tmpname()
  write(path, input)
  local pipe = io.popen(("openssl %s < '%s'"):format(command, path))
  local output = pipe:read "*a"
  pipe:close()
  os.remove(path)
  return output
end

--- Whether the base64 is that of a DER signature of the text, ECDSA with SHA-256, by the private key in a file.
function openssl.verifies(key_file, base64, text)
  local path = os.tmpname()
  write(path, text)
  write(path .. ".b64", base64 .. "\n")
  run(("pkey -pubout -in '%s' -out '%s.pub'"):format(key_file, path))
  run(("base64 -d -A -in '%s.b64' -out '%s.der'"):format(path, path))
  local output = run(("dgst -sha256 -verify '%s.pub' -signature '%s.der' '%s'"):format(path, path, path))
  for _, ending in ipairs { "", ".b64", ".pub", ".der" } do
    os.remove(path .. ending)
  end
  return output == "Verified OK\n"
end

return openssl
