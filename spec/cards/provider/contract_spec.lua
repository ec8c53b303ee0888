--- The contract that every provider keeps: what comes back for every answer that the sandbox can give, and what a request looks like on the wire.
-- Generated from cards.describe; no provider has code of its own here. Traps of single providers are in <provider>_spec.lua.
-- What no envelope changes (the wire, odd ids, waits that a provider asks for) is driven for one provider of each kind: catalogue.KINDS.

local cards = require "cards"
local catalogue = require "support.catalogue"
local drive = require "support.drive"
local module = require "support.module"
local program = require "support.program"
local sandbox = require "support.sandbox"

local FIELDS = { kind = "string", provider = "string", operation = "string", status = "number", code = "string", message = "string",
  retryable = "boolean", retry_after = "number", attempts = "number", request_id = "string" }
local CLASSES = { pan = "pan", cvv = "cvv", token = "token", secret = "credential" }
-- what a field of a plain type may hold
local PLAIN = { string = { string = true }, integer = { number = true }, number = { number = true }, boolean = { boolean = true },
  timestamp = { string = true, number = true } }

local function assert_error(provider, err, kind)
  local about = drive.about(provider)
  assert.equal("table", type(err), "an error table")
  for name, value in pairs(err) do
    assert.equal(FIELDS[name] or "no such field", type(value), name)
  end
  assert.equal(kind, err.kind, tostring(err))
  assert.equal(provider, err.provider)
  assert.equal(about.operation, err.operation)
  assert.is_boolean(err.retryable)
  assert.is_number(err.attempts)
  assert.is_true(#err.message > 0)
  local line = tostring(err)
  local start = ("%s.%s: %s"):format(provider, about.operation, kind)
  assert.equal(start, line:sub(1, #start))
  assert.is_nil(line:find "%c", "one line: " .. line)
  if err.status then assert.truthy(line:find("HTTP " .. err.status, 1, true), line) end
  if err.code then assert.truthy(line:find("code " .. err.code, 1, true), line) end
end

local function assert_leaf(path, value, kind, hides)
  if not kind then
    if type(value) == "boolean" then return end
    assert.is_true(drive.is_secret(value), path .. " is not declared: a secret")
    assert.equal("undeclared", value.class, path)
  elseif hides and drive.is_secret(value) then
    assert.equal(CLASSES[kind] or "undeclared", value.class, path)
  elseif CLASSES[kind] then
    assert.is_true(drive.is_secret(value), path .. " is a secret")
    assert.equal(CLASSES[kind], value.class, path)
  else
    assert.truthy(PLAIN[kind][type(value)], ("%s is declared %s, and is a %s"):format(path, kind, type(value)))
    if kind == "integer" then
      assert.equal(0, value % 1, path)
      if math.type then assert.equal("integer", math.type(value), path) end
    end
  end
end

-- Every leaf has the type that the descriptor says; those that it does not know are secrets or booleans.
local function assert_record(provider, record, hides)
  assert.equal("table", type(record))
  local fields = drive.about(provider).response.fields
  drive.leaves(record, function(path, value) assert_leaf(path, value, fields[path], hides) end)
end

local function root_of(about, answer)
  if about.response.root == "" then return answer end
  return drive.at(answer, about.response.root)
end

-- What every request has in its query: the parameters that have a default, in the order of their names.
local function query_by_default(about)
  local names, pairs_of = {}, {}
  for name, part in pairs(about.params) do
    if part.into == "query" and part.default ~= nil then names[#names + 1] = name end
  end
  table.sort(names)
  for i, name in ipairs(names) do
    local part = about.params[name]
    pairs_of[i] = drive.encoded(part.wire) .. "=" .. drive.encoded(tostring(part.default))
  end
  return names[1] and "?" .. table.concat(pairs_of, "&") or ""
end

for _, provider in ipairs(program.watched and sandbox.PROVIDERS or sandbox.ALL) do
  local about = drive.about(provider)
  local whole = catalogue.KINDS[provider]

  describe("contract of " .. provider .. ":", function()
    describe("a record", function()
      it("is the provider's payload in its own names, with the types that the descriptor says", function()
        local record, err, id = drive.call(provider)
        assert.is_nil(err)
        assert_record(provider, record)
        local payload = root_of(about, drive.raw_answer(id))
        assert.same(payload, drive.revealed(record))
        drive.leaves(payload, function(path) assert.truthy(about.response.fields[path], path .. " of the page is not declared") end)
      end)

      it("has secrets wherever the descriptor says pan, cvv, token or secret", function()
        local record = drive.call(provider)
        for path, kind in pairs(about.response.fields) do
          local value = drive.at(record, path)
          if CLASSES[kind] and value ~= nil then
            assert.is_true(drive.is_secret(value), path)
            assert.is_nil(tostring(value):find(value:reveal(), 1, true), path)
          end
        end
      end)

      it("has no field for a null", function()
        local record = assert(drive.call(provider, "nulls"))
        drive.leaves(record, function(path, value)
          assert.truthy(type(value) ~= "userdata" or drive.is_secret(value), path .. " is a null that is something")
        end)
        for path, kind in pairs(about.response.fields) do
          if CLASSES[kind] then assert.is_nil(drive.at(record, path), path) end
        end
      end)

      it("has secrets of class undeclared for strings and numbers that no page has, and plain booleans", function()
        local record = assert(drive.call(provider, "undeclared"))
        assert_record(provider, record)
        for _, path in ipairs { "extra_string", "extra_number", "extra_object.inner", "extra_object.deeper.number" } do
          local value = drive.at(record, path)
          assert.is_true(drive.is_secret(value), path)
          assert.equal("undeclared", value.class, path)
          assert.equal("***", tostring(value), path)
        end
        assert.equal(sandbox.UNDECLARED_PAN, record.extra_string:reveal())
        assert.equal(sandbox.UNDECLARED_PAN, record.extra_number:reveal())
        assert.equal("42", record.extra_object.deeper.number:reveal())
        assert.is_true(record.extra_boolean)
        assert.equal(sandbox.UNDECLARED_PAN, record.extra_array[1]:reveal())
        assert.equal("7", record.extra_array[2]:reveal())
      end)

      it("has no key that is a card number", function()
        local record = assert(drive.call(provider, "undeclared_keys"))
        assert_record(provider, record)
        drive.leaves(record, function(path) assert.is_nil(path:find(sandbox.UNDECLARED_KEY_PAN, 1, true)) end)
      end)

      it("is the same whether the provider writes digits as strings or as numbers", function()
        local id = sandbox.plant(sandbox.unique_id(provider), { pan = "4111111111110042", cvv = "012" })
        local expected = drive.revealed(assert(drive.call(provider, nil, { id = id })))
        local record = assert(drive.call(provider, "numbers_for_strings", { id = id }))
        assert_record(provider, record)
        assert.same(expected, drive.revealed(record))
      end)

      it("has numbers where the provider writes them as strings, but for a timestamp", function()
        local record, _, id = drive.call(provider)
        local expected = drive.revealed(record)
        record = assert(drive.call(provider, "strings_for_numbers", { id = id }))
        assert_record(provider, record)
        drive.leaves(drive.revealed(record), function(path, value)
          local wanted = drive.at(expected, path)
          if about.response.fields[path] == "timestamp" then wanted, value = tostring(wanted), tostring(value) end
          assert.equal(wanted, value, path)
        end)
      end)
    end)

    describe("the answer", function()
      for _, case in ipairs(catalogue.of(provider)) do
        it(("%s ends in %s"):format(case.asked == "" and "as documented" or case.asked, case.kind), function()
          local timeout, record, err, id, count = case.timeout
          repeat -- with more time where a loaded machine took it before the call was sent, or its status came
            record, err, id = drive.call(provider, case.asked, { options = { timeout = timeout } })
            count = sandbox.seen(id).count
            timeout = timeout and timeout * 4
          until not timeout or timeout > 5 or count > 0 and err and err.status == case.status
          if case.kind == "ok" then
            assert.is_nil(err, tostring(err))
            assert_record(provider, record, case.hides)
          else
            assert.is_nil(record)
            assert_error(provider, err, case.kind)
            assert.equal(case.status, err.status)
            assert.equal(case.retryable, err.retryable, "retryable")
            if not case.any_code then assert.equal(case.code, err.code) end
          end
          -- a kept connection that ends before the first byte of the answer is replaced once
          local most = case.kind == "network" and not case.status and 2 or 1
          assert.is_true(count >= 1 and count <= most, count .. " requests")
          if err then assert.equal(count, err.attempts) end
        end)
      end

      it("is never about another host after a redirect", function()
        local _, err, id = drive.call(provider, "redirect=308")
        assert_error(provider, err, "protocol")
        local seen = sandbox.seen(id)
        assert.equal(1, seen.count)
        assert.equal("localhost", seen.last.headers.host:match "^[^:]*")
      end)

      if not whole then return end

      it("is refused when it is larger than max_response_bytes, and taken when it is not", function()
        local _, err = drive.call(provider, "big=3000", { options = { max_response_bytes = 2999 } })
        assert_error(provider, err, "protocol")
        assert.truthy(err.message:find("2999", 1, true), err.message)
        _, err = drive.call(provider, "big_chunked=3000", { options = { max_response_bytes = 2999 } })
        assert_error(provider, err, "protocol")
        assert.truthy(drive.call(provider, "big=3000", { options = { max_response_bytes = 3001 } }))
      end)

      it("has its request id in the error, whatever the kind", function()
        for _, case in ipairs { "unauthorized", "server_error", "not_json", "null_root", "bad_request", "big", "cut_short", "gzip_broken" } do
          local _, err = drive.call(provider, case)
          assert.matches("^req_[a-p]+$", err.request_id, nil, case)
        end
      end)

      it("leaves the next call its own answer after one that did not end as it should", function()
        for _, case in ipairs { "two_answers", "cut_short", "slow_body=5", "big", "trailing_garbage" } do
          drive.call(provider, case, { options = { timeout = 0.3 } })
          local record, err, id = drive.call(provider)
          assert.is_nil(err, case .. ": " .. tostring(err))
          assert.same(root_of(about, drive.raw_answer(id)), drive.revealed(record), case)
        end
      end)
    end)

    describe("a request", function()
      it("is sent as the descriptor says, with few headers", function()
        local id = sandbox.unique_id(provider)
        local params = sandbox.params(provider, id)
        assert(drive.call(provider, nil, { id = id, params = params }))
        local last = sandbox.seen(id).last
        assert.equal(about.method, last.method)
        local path = about.path:gsub("{([%w_]+)}", function(name)
          for param, part in pairs(about.params) do
            if part.into == "path" and part.wire == name then return drive.encoded(params[param]) end
          end
        end)
        assert.equal("/" .. provider .. path .. query_by_default(about), last.uri)
        local body = last.body ~= "" and require "cjson".decode(last.body) or nil
        assert.equal(about.method == "POST", body ~= nil)
        assert.equal(body and "application/json" or nil, last.headers["content-type"])
        assert.equal(body and tostring(#last.body) or nil, last.headers["content-length"])
        for name, value in pairs(params) do
          if about.params[name].into == "body" then assert.equal(value, drive.at(body, about.params[name].wire), name) end
        end
        local allowed = { host = true, ["user-agent"] = true, accept = true, ["accept-encoding"] = true, authorization = true, ["access-token"] = true,
          ["content-type"] = true, ["content-length"] = true }
        for name in pairs(last.headers) do assert.is_true(allowed[name], name .. " is not needed") end
        assert.equal("gzip", last.headers["accept-encoding"])
      end)

      it("is the same for a bare string or a secret as for a table", function()
        local name = drive.id_param(provider)
        local client = drive.client(provider)
        local required = 0
        for param, part in pairs(about.params) do
          if part.required and not (sandbox.config(provider).defaults or {})[param] then required = required + 1 end
        end
        assert.equal(1, required)
        local id = sandbox.unique_id(provider)
        assert(client[about.operation](client, id))
        assert(client[about.operation](client, cards.secret(id)))
        assert(client[about.operation](client, { [name] = cards.secret(id) }))
        assert(module(provider)[about.operation](client, id))
        assert.equal(4, sandbox.seen(id).count)
      end)
    end)

    describe("an id", function()
      local name = drive.id_param(provider)
      local part = about.params[name]

      -- Refused, and nothing was sent; or sent as one value in its own place. Returns the error.
      local function assert_confined(id)
        local before = sandbox.seen(id).count
        local record, err = drive.call(provider, nil, { id = id })
        local seen = sandbox.seen(id)
        if not record and err.kind == "invalid_request" then
          assert.equal(0, err.attempts)
          assert.is_nil(err.status)
          assert.equal(before, seen.count, "nothing was sent")
          assert.truthy(err.message:find(name, 1, true), err.message)
          if #id > 2 then assert.is_nil(tostring(err):find(id, 1, true)) end
          return err
        end
        assert.is_nil(err, tostring(err))
        assert.equal(before + 1, seen.count, "it arrived as the id that was asked for")
        if part.into == "path" then
          local path = about.path:gsub("{[%w_]+}", function() return drive.encoded(id) end)
          assert.equal("/" .. provider .. path .. query_by_default(about), seen.last.uri)
        else
          assert.equal("/" .. provider .. about.path, seen.last.uri)
          assert.equal(id, drive.at(require "cjson".decode(seen.last.body), part.wire))
        end
      end

      it("that is empty, missing or of another type is refused, naming the parameter", function()
        local client = drive.client(provider)
        for _, value in ipairs { "", 12, true, {}, function() end } do
          local record, err = client[about.operation](client, { [name] = value })
          assert.is_nil(record)
          assert_error(provider, err, "invalid_request")
          assert.truthy(err.message:find(name, 1, true), err.message)
          assert.equal(0, err.attempts)
        end
        local _, err = client[about.operation](client, {})
        assert_error(provider, err, "invalid_request")
        assert.truthy(err.message:find(name, 1, true), err.message)
        _, err = client[about.operation](client)
        assert_error(provider, err, "invalid_request")
        assert.truthy(err.message:find(name, 1, true), err.message)
      end)

      if not whole then return end

      local unique = sandbox.unique_id "id"
      for label, id in pairs {
        ["a question mark"] = unique .. "?a=b", ["a hash"] = unique .. "#b", ["a space"] = unique .. " b", ["an encoded slash"] = unique .. "%2Fb",
        ["an encoded way up"] = "%2e%2e" .. unique, ["a semicolon"] = unique .. ";b=c", ["letters beyond ASCII"] = unique .. "\195\169\228\184\173",
        ["a percent sign alone"] = unique .. "%", ["a plus and an ampersand"] = unique .. "+b&c", ["quotes"] = unique .. "\"'<>{}",
        ["a slash"] = unique .. "/b", ["a backslash"] = unique .. "\\b", ["one dot"] = ".", ["the way up"] = "..", ["a way up"] = unique .. "/../b",
        ["10 kB"] = unique .. ("x"):rep(10240),
      } do
        it("with " .. label .. " stays in its place or is refused", function() assert_confined(id) end)
      end

      for label, id in pairs { ["a newline"] = unique .. "\nb", ["CR LF and a header"] = unique .. "\r\nX-Injected: 1", ["a NUL"] = unique .. "\0b",
        ["another control character"] = unique .. "\27[2J" } do
        it("with " .. label .. " is refused", function()
          local err = assert_confined(id)
          assert_error(provider, err, "invalid_request")
        end)
      end
    end)

    describe("a call that may be sent again", function()
      it("is, and counts its attempts", function()
        local client = drive.client(provider, { retries = 2 })
        for _, case in ipairs { "fail_then_ok=1", "fail_then_ok=2:429", "fail_then_ok=1:408", "fail_then_ok=1:425" } do
          local record, err, id = drive.call(provider, case .. ",retry_after=ms:1", { client = client })
          assert.is_nil(err, tostring(err))
          assert_record(provider, record)
          assert.equal(1 + tonumber(case:match "=(%d)"), sandbox.seen(id).count, case)
        end
        local _, err, id = drive.call(provider, "fail_then_ok=9,retry_after=ms:1", { client = client })
        assert_error(provider, err, "provider")
        assert.equal(3, err.attempts)
        assert.equal(3, sandbox.seen(id).count)
      end)

      it("is not when the answer would be the same, or the provider asks for more time than there is", function()
        local client = drive.client(provider, { retries = 2 })
        for _, case in ipairs { "declined", "bad_request", "unauthorized", "not_found", "unprocessable", "not_json", "redirect", "unavailable,retry_after=3600",
          "unavailable,x_should_retry=false" } do
          local _, err, id = drive.call(provider, case, { client = client })
          assert.equal(1, err.attempts, case)
          assert.equal(1, sandbox.seen(id).count, case)
        end
      end)

      if not whole then return end

      it("has the time that the provider asks for in retry_after", function()
        for form, seconds in pairs { ["2"] = 2, ["2.0"] = 2, ["0"] = 0, ["ms:1500"] = 1.5, ["86400"] = 86400, ["86401"] = 86400, ["99999999999"] = 86400,
          ["ms:90000000"] = 86400, ["date:200000"] = 86400 } do
          local _, err = drive.call(provider, "rate_limited,retry_after=" .. form)
          assert.equal(seconds, err.retry_after, form)
        end
        for _, form in ipairs { "soon", "-5", "nan", "1e400", "2,0" } do
          local _, err = drive.call(provider, "rate_limited,retry_after=" .. form)
          assert.is_nil(err.retry_after, form)
        end
        local _, err = drive.call(provider, "rate_limited,retry_after=date:3600")
        assert.is_true(err.retry_after > 3000 and err.retry_after <= 3601, tostring(err.retry_after))
        _, err = drive.call(provider, "rate_limited,retry_after=date:-60")
        assert.equal(0, err.retry_after)
        _, err = drive.call(provider, "rate_limited")
        assert.is_nil(err.retry_after)
      end)
    end)
  end)
end

describe("the catalogue of the sandbox", function()
  it("has no case that the contract does not drive", function()
    local driven, missing = catalogue.names(), {}
    for name in pairs(sandbox.cases()) do
      if not driven[name] then missing[#missing + 1] = name end
    end
    assert.same({}, missing)
  end)
end)
