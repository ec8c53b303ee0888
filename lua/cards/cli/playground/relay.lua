--- Between the calls of the page and the sandbox: shows what a call sends and gets, byte for byte.
--
-- A call of the page goes to the port of this nginx that `relay.serve` serves, with a header that names its run. That header is taken out; everything else
-- goes on as it came, but for `Connection: close` and what the sandbox is asked for. What is kept is gone when the run is over.

local core = require "cards.core"

local relay = {}

local HEADER = "X-Cards-Playground"
local MOST = 2097152 -- bytes of an answer that are kept
local PIECE = 65536

local runs = {} -- by id
local upstream, own

--- @param port that calls go to
function relay.begin(port)
  local text = assert(core.read_file(ngx.config.prefix() .. "sandbox/env", 65536))
  upstream, own = tonumber(text:match "HTTP_URL=http://127%.0%.0%.1:(%d+)"), port
end

--- So many random letters: among digits there may be a card number.
local function letters(count)
  local list = {}
  for i = 1, count do
    list[i] = string.char(97 + math.floor(core.random() * 26))
  end
  return table.concat(list)
end

--- Begins a run, which also ends where the page does not wait for it any longer.
-- @param misbehaviour that the sandbox is asked for, or nil
-- @return { tries = a list of { head, body, answer = a list of pieces } }
-- @return what to give to the client: its base_url without the provider, its tls and its headers
function relay.open(misbehaviour)
  local id
  repeat
    id = letters(32)
  until not runs[id]
  local run = { id = id, misbehaviour = misbehaviour, tries = {} }
  runs[id] = run
  ngx.on_abort(function()
    relay.close(run)
    ngx.exit(499)
  end)
  return run, { base_url = ("https://localhost:%d"):format(own), tls = { ca_file = ngx.config.prefix() .. "sandbox/ca.pem" }, headers = { [HEADER] = id } }
end

--- Ends a run, and forgets what was kept of it.
function relay.close(run)
  runs[run.id] = nil
end

--- What a call sends, without the header that names its run.
local function sent()
  local head = ngx.req.raw_header():gsub("\r\n" .. HEADER:gsub("%-", "%%-") .. ":[^\r\n]*", "", 1)
  ngx.req.read_body()
  return head, ngx.req.get_body_data() or ""
end

--- Hands the answer on as it comes.
local function pump(from, to, try)
  local kept = 0
  while true do
    local bytes, why = from:receiveany(PIECE)
    if not bytes then
      return why
    end
    if kept <= MOST then
      kept = kept + #bytes
      table.insert(try.answer, bytes)
    end
    if not to:send(bytes) then
      return "gone"
    end
  end
end

--- Serves a call of the page.
function relay.serve()
  local run = runs[ngx.var.http_x_cards_playground or ""]
  if not run then
    return ngx.exit(403)
  end
  local try = { answer = {} }
  table.insert(run.tries, try)
  try.head, try.body = sent()
  local socket, client = ngx.socket.tcp(), assert(ngx.req.socket(true))
  socket:settimeouts(5000, 60000, 60000)
  client:settimeouts(5000, 60000, 60000)
  if not socket:connect("127.0.0.1", upstream) then
    return ngx.exit(444)
  end
  local more = run.misbehaviour and ("X-Sandbox: %s\r\n"):format(run.misbehaviour) or ""
  socket:send { try.head:sub(1, -3), more, "Connection: close\r\n\r\n", try.body }
  local answer = ngx.thread.spawn(pump, socket, client, try)
  local leaves = ngx.thread.spawn(function() return select(2, client:receiveany(1)) end)
  local _, why = ngx.thread.wait(answer, leaves)
  socket:close()
  if why ~= "closed" then
    ngx.exit(444)
  end
  ngx.thread.kill(leaves)
end

return relay
