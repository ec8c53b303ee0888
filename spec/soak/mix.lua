--- What is asked for at random: which provider and server, which misbehaviours, how long it may take, how often it is tried.
--
-- Weights, not chances. Cases that hold a call until its deadline are rare enough for 500 calls a second; what says nothing about a provider's answer
-- (a certificate, a closed port) is rarer still.

local mix = {}

local SERVERS = {
  { 44, "HTTP_URL" }, { 40, "HTTPS_URL" }, { 4, "TLS12_URL" }, { 2, "OTHER_CA_URL" }, { 2, "EXPIRED_URL" }, { 2, "WRONG_HOST_URL" }, { 2, "MTLS_URL" },
  { 2, "REFUSED_URL" }, { 1, "SILENT_URL" }, { 1, "SILENT_TLS_URL" },
}

--- Every case of spec/sandbox/misbehave.lua that is not here has the weight 4 and no argument.
local CASES = {
  { 200, "" },
  { 4, "declined" }, { 4, "status=418" }, { 4, "status=204" }, { 2, "status=206" }, { 4, "retry_after=0" }, { 4, "unavailable,retry_after=0" },
  { 2, "rate_limited,retry_after=30" }, { 2, "rate_limited,retry_after=ms:50" }, { 2, "unavailable,retry_after=date:1" },
  { 4, "unavailable,x_should_retry=false" },
  { 6, "fail_then_ok=1" }, { 4, "fail_then_ok=2:429,retry_after=0" }, { 4, "bad_request,nested_error" },
  { 6, "slow_first_byte=0.05" }, { 4, "slow_first_byte=0.5" },
  { 2, "slow_first_byte=3" }, { 6, "slow_body=0.1" }, { 3, "slow_body=1" }, { 3, "slow_body=5" }, { 3, "never" }, { 4, "html=404" },
  { 1, "big" }, { 1, "big=300000" },
  { 1, "big_chunked" }, { 2, "deep=20" }, { 4, "deep" }, { 2, "invalid_utf8=secret" }, { 2, "nul_in_string=secret" }, { 2, "control_in_string=secret" },
  { 4, "redirect=307" },
  { 1, "gzip_bomb=4" }, { 4, "gzip,chunked" }, { 2, "echo_secrets=401" }, { 2, "echo_secrets=500" }, { 2, "echo_secrets=200" }, { 2, "huge_headers" },
  { 2, "huge_headers=16384" }, { 2, "two_answers" }, { 2, "two_answers=0.02" }, { 4, "reset" }, { 4, "reset_body" }, { 4, "close" }, { 4, "gzip,cut_short" },
}

--- Their arguments have been chosen above; alone they would take too long.
local ONLY_ABOVE = { slow_first_byte = true, slow_body = true, gzip_bomb = true, status = true, fail_then_ok = true, retry_after = true }

local function total(list)
  local sum = 0
  for _, row in ipairs(list) do sum = sum + row[1] end
  return sum
end

local function pick(list, sum)
  local at = math.random() * sum
  for _, row in ipairs(list) do
    at = at - row[1]
    if at < 0 then return row[2] end
  end
  return list[#list][2]
end

--- The names of the servers.
function mix.servers()
  local list = {}
  for i, row in ipairs(SERVERS) do list[i] = row[2] end
  return list
end

--- @param seed number
-- @param providers list of names
-- @param known { case = … }: all that the sandbox has
-- @return a function that returns the next plan: { provider, server, case, timeout (seconds), retries, plain = whether it is asked for by the id, without
--  options }; with true it takes its time, for who is too fast
function mix.new(seed, providers, known)
  math.randomseed(seed)
  local cases, listed = {}, {}
  for i, row in ipairs(CASES) do
    cases[i] = row
    for name in row[2]:gmatch "[^,]+" do listed[name:match "^[^=]+"] = true end
  end
  local names = {}
  for name in pairs(known) do names[#names + 1] = name end
  table.sort(names) -- so that a seed gives the same run again
  for _, name in ipairs(names) do
    if not listed[name] and not ONLY_ABOVE[name] then cases[#cases + 1] = { 4, name } end
  end
  local of_cases, of_servers = total(cases), total(SERVERS)
  return function(slowly)
    local plan = {
      provider = providers[math.random(#providers)], server = pick(SERVERS, of_servers), case = pick(cases, of_cases),
      timeout = 0.1 + 1.9 * math.random() ^ 2, retries = math.random(0, 2), plain = math.random() < 0.3,
    }
    if slowly then
      plan.case, plan.server, plan.timeout, plan.plain = ("slow_first_byte=%.2f"):format(1 + math.random()), "HTTP_URL", 3, false
    elseif plan.plain then
      plan.timeout, plan.retries = 0.5, 1 -- as their clients have it
    end
    return plan
  end
end

return mix
