--- What each misbehaviour of the sandbox has to end in: docs/design/contract.md, "An error", read case by case.
--
-- A row: { asked for, kind or "ok", status, retryable, timeout }. What the providers' own envelopes say differs; that is data, below.

local program = require "support.program"

local catalogue = {}

--- One provider for each kind of envelope: a flag beside the data, a result or an error, the plain body, a status with a text.
-- They are driven over everything, the others where the envelope matters.
catalogue.KINDS = { alix = true, netxd = true, whop = true, nayax = true }

--- Codes by status, with one that all other statuses have.
local function with_rest(codes, rest) return setmetatable(codes, { __index = function() return rest end }) end

-- What a provider's refusal is by its status (docs/providers), and the code that its envelope carries.
local ENVELOPES = {
  alix = { at_200 = "declined", at_400 = "declined",
    codes = { [200] = "32", [400] = "32", [401] = "401", [403] = "403", [404] = "404", [408] = "408", [409] = "409", [418] = "418", [422] = "422",
      [425] = "425", [429] = "429", [500] = "500", [502] = "502", [503] = "503", [302] = "32", [307] = "32" } },
  netxd = { at_200 = "declined", at_400 = "declined",
    codes = { [200] = "1019", [400] = "1019", [401] = "401", [403] = "403", [404] = "404", [408] = "408", [409] = "409", [418] = "418", [422] = "422",
      [425] = "425", [429] = "429", [500] = "500", [502] = "502", [503] = "503", [302] = "1019", [307] = "1019" } },
  whop = { at_200 = "protocol", at_400 = "invalid_request",
    codes = { [200] = "bad_request", [400] = "bad_request", [401] = "unauthorized", [403] = "forbidden", [404] = "resource_not_found", [408] = "bad_request",
      [409] = "bad_request", [418] = "bad_request", [422] = "bad_request", [425] = "bad_request", [429] = "rate_limit_exceeded", [500] = "bad_request",
      [502] = "bad_request", [503] = "bad_request", [302] = "bad_request", [307] = "bad_request" } },
  payengine = { at_200 = "protocol", at_400 = "invalid_request", codes = { [401] = "E121", [403] = "E120" } },
  nayax = { at_200 = "declined", at_400 = "invalid_request", codes = { [200] = "999" } },
  lithic = { at_200 = "protocol", at_400 = "invalid_request", codes = {} },
  stripe = { at_200 = "protocol", at_400 = "invalid_request", codes = with_rest({ [404] = "resource_missing", [429] = "rate_limit", [500] = "api_error",
    [502] = "api_error", [503] = "api_error" }, "invalid_request_error") },
  marqeta = { at_200 = "protocol", at_400 = "invalid_request", codes = setmetatable({}, { __index = function(_, status) return status .. "001" end }) },
  revolut = { at_200 = "protocol", at_400 = "invalid_request",
    codes = setmetatable({ [400] = "2101", [403] = "9002", [404] = "1214" }, { __index = function(_, status) return tostring(status) end }) },
  brex = { at_200 = "protocol", at_400 = "invalid_request",
    codes = with_rest({ [401] = "UNAUTHORIZED", [403] = "FORBIDDEN", [404] = "NOT_FOUND" }, "BAD_REQUEST") },
}

-- The cases that end in the same way with every provider. A `code` is what the envelope has, unless the row says that there is none.
local ROWS = {
  { "", "ok" },
  { "status=400", nil, 400 },
  { "status=401", "auth", 401 },
  { "status=403", "auth", 403 },
  { "status=404", "not_found", 404 },
  { "status=429", "rate_limited", 429, true },
  -- what the call's own header says is taken out of the code, as any header may be a secret
  { "unauthorized", "auth", 401, any_code = true },
  { "forbidden", "auth", 403, any_code = true },
  { "not_found", "not_found", 404, any_code = true },
  { "timeout_408", "protocol", 408, true },
  { "conflict", "invalid_request", 409 },
  { "unprocessable", "invalid_request", 422 },
  { "too_early", "protocol", 425, true },
  { "rate_limited", "rate_limited", 429, true, any_code = true },
  { "server_error", "provider", 500, true },
  { "bad_gateway", "provider", 502, true },
  { "unavailable", "provider", 503, true },
  { "status=418", "protocol", 418 },
  { "status=206", "ok" },
  { "status=204", "protocol", 204, no_code = true },
  { "status=401,nested_error", "auth", 401, any_code = true },
  { "retry_after=1", "ok" },
  { "x_should_retry=true", "ok" },
  { "unavailable,x_should_retry=false", "provider", 503, false },
  { "fail_then_ok=1", "provider", 503, true },
  { "expire_then_ok", "auth", 401 },

  { "html", "provider", 502, true, no_code = true },
  { "html=404", "not_found", 404, no_code = true },

  { "big_integer", "ok" },
  { "big_integer_declared", math.type and "ok" or "protocol", 200 }, -- where Lua has integers
  { "numbers_for_strings", "ok" },
  { "strings_for_numbers", "ok" },
  { "cvv_number=12", "ok" },
  { "last4_number=42", "ok" },

  { "wrong_types", "protocol", 200 },
  { "nulls", "ok" },
  { "null_root", "protocol", 200 },
  { "array_root", "protocol", 200 },
  { "undeclared", "ok" },
  { "undeclared_keys", "ok" },
  { "missing_secrets", "ok" },
  { "null_secrets", "ok" },

  { "redirect", "protocol", 302 },
  { "redirect=307", "protocol", 307 },
  { "secret_in_header", "ok" },
  { "unauthorized,secret_in_header", "auth", 401, any_code = true },
  { "echo_secrets=200", nil, 200, any_code = true },
  { "echo_secrets", nil, 400, any_code = true },
  { "echo_secrets=401", "auth", 401, any_code = true },
  { "echo_secrets=500", "provider", 500, true, any_code = true },
  { "wrong_id", nil, 200 },
  { "wrong_card", nil, 200 },
  { "wrong_reference", nil, 200 },
  { "null_objects", nil, 200 },
  { "declined", nil },
  { "declined_200", nil, 200 },
  { "bad_request", nil, 400, any_code = true },
  { "bad_request,nested_error", nil, 400, any_code = true },
}

-- And those that no envelope changes: when the bytes of an answer come, how they are framed and packed, and whether they are JSON.
local WIRE = {
  { "slow_first_byte=0.02", "ok" },
  { "slow_first_byte=5", "timeout", nil, true, 0.15 },
  { "slow_body=0.05", "ok" },
  { "slow_body=5", "timeout", 200, true, 0.3 },
  { "never", "timeout", nil, true, 0.15 },

  { "cut_short", "network", 200, true },
  { "cut_chunked", "network", 200, true },
  { "close", "network", nil, true },
  { "reset", "network", nil, true },
  { "reset_body", "network", 200, true },

  { "empty", "protocol", 200 },
  { "not_json", "protocol", 200 },
  { "html=200", "protocol", 200 },
  { "big", "protocol", 200 },
  { "big_chunked", "protocol", 200 },
  { "chunked", "ok" },
  { "deep", "protocol", 200 },
  { "deep=20", "ok" },
  { "duplicate_keys", "protocol", 200 },
  { "duplicate_keys_escaped", "protocol", 200 },
  { "invalid_utf8", "protocol", 200 },
  { "nul_in_string", "ok" },
  { "control_in_string", "protocol", 200 },
  { "invalid_utf8=secret", "protocol", 200 },
  { "nul_in_string=secret", "protocol", 200 },
  { "control_in_string=secret", "protocol", 200 },
  { "trailing_garbage", "protocol", 200 },
  { "bom", "ok" },
  { "single_quotes", "protocol", 200 },
  { "content_type_text", "ok" },

  { "leading_zero_number", "protocol", 200 },
  { "nan", "protocol", 200 },
  { "float_huge", "protocol", 200 },

  { "gzip", "ok" },
  { "gzip_bomb=4", "protocol", 200 },
  { "gzip_broken", "protocol", 200 },
  { "brotli", "protocol", 200 },
  { "huge_headers", "protocol", 200 },
  { "huge_headers=16384", "ok" },
  { "http_1_0", "ok" },
  { "early_hints", "ok" },
  { "continue", "ok" },
  { "bad_status_line", "protocol", nil },
  { "bad_header_line", "protocol", 200 },
  { "two_answers", "protocol", 200 },
  { "both_lengths", "protocol", 200 },
  { "two_lengths", "protocol", 200 },
  { "two_lengths=same", "protocol", 200 },
  { "signed_length", "protocol", 200 },
  { "bytes_behind", "protocol", 200 },
  { "folded_header", "protocol", 200 },
  { "space_before_colon", "protocol", 200 },
  { "nul_in_header", "protocol", 200 },
  { "cr_in_header", "protocol", 200 },
  { "bare_lf", "protocol", nil },
  { "chunk_extensions", "ok" },
  { "gzip_members", "ok" },
  { "encoding_none", "ok" },
  { "dribble", "ok" },
  { "close_after=0", "ok" },
}

-- What only shows in a sequence of calls over one connection, or with a body that is not sent at once: the specs of the engine drive it.
local ELSEWHERE = { "close_kept", "early_answer" }

-- What comes back: the sandbox's "wrong_id" has no place with Alix and Revolut, which echo nothing; the rest of netxd's echoes is netxd's.
local function wrong_echo(asked, provider)
  if asked == "wrong_id" then return provider ~= "alix" and provider ~= "revolut" and "protocol" or "ok" end
  if asked == "null_objects" then return provider == "netxd" and "protocol" or "ok" end -- its originalReference is gone
  return provider == "netxd" and "protocol" or "ok"
end

-- Those that have a plain text where others have an integer (in Alix's it hides, as it is longer than a year), or a secret.
local OTHERS = { big_integer_declared = { alix = true, revolut = true }, ["nul_in_string=secret"] = { nayax = true } }

local function resolve(row, provider)
  local envelope = ENVELOPES[provider]
  local asked, kind, status = row[1], row[2], row[3]
  local timeout = row[5] and program.watched and 1 or row[5] -- so that it is sent there, too
  local known = { asked = asked, kind = kind, status = status, retryable = row[4] or false, timeout = timeout, any_code = row.any_code }
  if asked == "declined" then
    -- netxd and nayax refuse at 200, the others at 400
    known.status = (provider == "netxd" or provider == "nayax") and 200 or 400
    known.kind = known.status == 200 and envelope.at_200 or envelope.at_400
    known.code = provider == "payengine" and "E129" or envelope.codes[known.status]
    return known
  end
  if asked:find "^wrong_" and kind == nil or asked == "null_objects" then
    known.kind = wrong_echo(asked, provider)
    return known
  end
  if (OTHERS[asked] or {})[provider] then
    known.kind, known.hides = "ok", asked == "big_integer_declared"
    return known
  end
  if kind == nil then known.kind = status == 200 and envelope.at_200 or envelope.at_400 end
  local from_envelope = asked == "declined_200" or (status and status ~= 200)
  known.code = from_envelope and not row.no_code and envelope.codes[status] or nil
  return known
end

--- Every case for a provider: a list of { asked, kind ("ok" for a record), status, retryable, code, any_code, timeout, hides (a plain text is a secret) }.
-- Cases of the wire are among them for the providers of catalogue.KINDS; they are C's alone, so that other Luas than 5.4, and valgrind, have them for one
-- provider.
function catalogue.of(provider)
  local wire = program.lua == "5.4" and not program.watched and catalogue.KINDS[provider] or provider == "whop"
  local list = {}
  for _, row in ipairs(ROWS) do table.insert(list, resolve(row, provider)) end
  for _, row in ipairs(wire and WIRE or {}) do table.insert(list, resolve(row, provider)) end
  return list
end

--- The names of the misbehaviours that the rows ask for, or that are driven elsewhere: a set.
function catalogue.names()
  local names = {}
  for _, name in ipairs(ELSEWHERE) do names[name] = true end
  for _, rows in ipairs { ROWS, WIRE } do
    for _, row in ipairs(rows) do
      for item in row[1]:gmatch "[^,]+" do names[item:match "^[^=]+"] = true end
    end
  end
  return names
end

return catalogue
