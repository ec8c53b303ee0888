--- Five providers behind examples/nginx.conf, asked with curl, then one card that does not exist. `make demo-nginx` runs it against the sandbox.
-- demo_nginx.lua [PORT [PATH…]]: listens elsewhere than nginx.conf says, asks for other paths.

local cjson = require "cjson"
local sandbox = require "support.sandbox" -- the stand-in of the providers: its addresses and credentials

local PORT = arg[1] or "8480"
local ADDRESS = "http://127.0.0.1:" .. PORT
local FOLDER = "build/nginx-demo" .. (arg[1] and "-" .. PORT or "")
local PATHS = {
  "/cards/alix/c_1",
  "/cards/netxd/025951734ff74c13a14137e02834fa00",
  "/cards/whop/icrd_1",
  "/cards/payengine/1d15778a-64fb-459b-8c19-e8b5da0a9af9",
  "/cards/nayax/NAYAXTOK12345",
  "/cards/whop/sandbox-not_found", -- the sandbox has no such card
}
if arg[2] then PATHS = { table.unpack(arg, 2) } end

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function run(command)
  local pipe = io.popen(command)
  local output = pipe:read "*a"
  return output, (pipe:close())
end

--- What nginx.conf reads from the environment.
local function environment()
  local netxd = sandbox.config "netxd"
  local variables = {
    CA_FILE = sandbox.url "CA_FILE", NETXD_KEY_FILE = sandbox.url "NETXD_KEY",
    NETXD_CREDENTIAL = netxd.credential, NETXD_API_KEY = netxd.api_key,
    NETXD_CUSTOMER_ID = netxd.defaults.customer_id, NETXD_ACCOUNT_NUMBER = netxd.defaults.account_number,
    ALIX_ACCESS_TOKEN = sandbox.config "alix".access_token, WHOP_TOKEN = sandbox.config "whop".token,
    PAYENGINE_SECRET = sandbox.config "payengine".secret, NAYAX_TOKEN = sandbox.config "nayax".token,
  }
  local words = {}
  for _, name in ipairs(sandbox.PROVIDERS) do variables[name:upper() .. "_URL"] = sandbox.config(name).base_url end
  for name, value in pairs(variables) do words[#words + 1] = name .. "=" .. quote(value) end
  return table.concat(words, " ")
end

-- Only their owner may read the sandbox's keys: for root's, the workers have to be root's too.
local user = run "id -u":match "^0%s" and "-g 'user root;'" or ""

--- The file itself, or a copy that says another port and folder.
local function configuration()
  if not arg[1] then return "examples/nginx.conf" end
  local text = assert(io.open "examples/nginx.conf"):read "*a"
  local copy = assert(io.open(FOLDER .. "/nginx.conf", "w"))
  copy:write((text:gsub("127%.0%.0%.1:8480", "127.0.0.1:" .. PORT):gsub("build/nginx%-demo", FOLDER)))
  copy:close()
  return FOLDER .. "/nginx.conf"
end

local function nginx(more)
  local command = 'env %s PATH="$PATH:/usr/sbin:/sbin" nginx -p "$PWD" -e %s/error.log -c "$PWD/%s" %s %s 2>&1'
  return command:format(environment(), FOLDER, configuration(), user, more)
end

--- Shows a value of JSON, its keys in order.
local function show(value, indent)
  local names = {}
  for name in pairs(value) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local inner = value[name]
    local text = type(inner) == "table" and "" or type(inner) == "number" and ("%.14g"):format(inner) or tostring(inner)
    print((("%s%-12s %s"):format(indent, name, text):gsub("%s+$", "")))
    if type(inner) == "table" then show(inner, indent .. "  ") end
  end
end

os.execute("mkdir -p " .. FOLDER)
local output, started = run(nginx "")
if not started then
  io.stderr:write("nginx does not start:\n", output)
  os.exit(1)
end

local failed
for i, path in ipairs(PATHS) do
  print("$ curl " .. ADDRESS .. path)
  local answer = run(("curl -sS -m 20 -w '\\n%%{http_code}' %s 2>&1"):format(quote(ADDRESS .. path)))
  local body, status = answer:match "^(.*)\n(%d+)$"
  local ok, value = pcall(cjson.decode, body or answer)
  if ok then
    print("  HTTP " .. status)
    show(value, "  ")
  else
    print(answer)
  end
  print()
  failed = failed or not ok or not arg[2] and status ~= (i < #PATHS and "200" or "404")
end

run(nginx "-s quit")
run(("while [ -e %s/nginx.pid ]; do sleep 0.05; done"):format(FOLDER))
if failed then
  run(("cat %s/error.log >&2"):format(FOLDER))
end
os.exit(failed and 1 or 0)
