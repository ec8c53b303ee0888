--- client:pages of a definition's list.

local cards = require "cards"
local acme = require "support.acme"
local core = require "cards.core"
local sandbox = require "support.sandbox"

local FIELDS = { ["items[].id"] = "string", ["items[].pan"] = "pan", ["items[].holder.name"] = "string", next = "string", count = "integer",
  has_more = "boolean" }

local function client(pages, params, fields)
  local module = cards.define {
    name = "acme_list", auth = { type = "bearer" },
    operations = {
      list = { path = "/lists/{list}", params = params or { list = {}, page_token = {} }, response = { fields = fields or FIELDS }, pages = pages },
      show = { path = "/lists/{list}", params = { list = {} } },
    },
  }
  return acme.client(module, { base_url = sandbox.url "HTTPS_URL" .. "/acme_list" }), module
end

local CURSOR = { items = "items", cursor = "next", into = "page_token" }

local function counts(pages)
  local list = {}
  for page in pages do
    assert.equal("pan", page.items[1].pan.class)
    assert.equal("undeclared", page.items[1].note.class)
    table.insert(list, page.count)
  end
  return list
end

describe("client:pages", function()
  it("goes from page to page by a cursor, until there is none", function()
    local made, module = client(CURSOR)
    local id = sandbox.unique_id "list"
    local given = { list = id }
    local pages = made:pages("list", given)
    assert.same({ 1, 2, 3 }, counts(pages))
    assert.is_nil(pages.err)
    assert.is_nil((pages()))
    assert.same({ list = id }, given)
    assert.equal(3, sandbox.seen(id).count)
    assert.matches("?page_token=3", sandbox.seen(id).last.uri, 1, true)
    assert.same({ 2, 3 }, counts(module.pages(made, "list", { list = id, page_token = "2" })))
  end)

  it("takes a cursor that nobody declared, which is a secret", function()
    local made = client(CURSOR, nil, { ["items[].pan"] = "pan", count = "integer" })
    assert.same({ 1, 2, 3 }, counts(made:pages("list", { list = sandbox.unique_id "list" })))
  end)

  it("takes a number for a cursor", function()
    local fields = { ["items[].pan"] = "pan", count = "integer", next = "integer" }
    assert.same({ 1, 2, 3 }, counts(client(CURSOR, nil, fields):pages("list", { list = sandbox.unique_id "list" })))
    local made = client(CURSOR, { list = {}, page_token = { type = "integer" } }, fields)
    assert.same({ 1, 2, 3 }, counts(made:pages("list", { list = sandbox.unique_id "list" })))
  end)

  it("goes on behind the last element while there is more", function()
    local pages = { items = "items", more = "has_more", last = "id", into = "after" }
    local params = { list = {}, after = {} }
    assert.same({ 1, 2, 3 }, counts(client(pages, params):pages("list", { list = sandbox.unique_id "list" })))
    pages.last = "items[].id"
    assert.same({ 1, 2, 3 }, counts(client(pages, params):pages("list", { list = sandbox.unique_id "list" })))
    pages.last = "nothing"
    local all = client(pages, params):pages("list", { list = sandbox.unique_id "list" })
    assert.same({ 1 }, counts(all))
    assert.equal("acme_list.list: protocol: the answer says that there is more, but not after what", tostring(all.err))
  end)

  it("ends with a protocol error where the pages go in a circle", function()
    local pages = client(CURSOR):pages("list", { list = sandbox.unique_id "circle" })
    local list = counts(pages)
    assert.same({ 1, 2, 3 }, { list[1], list[2], list[3] })
    assert.is_true(#list < 10)
    assert.equal("protocol", pages.err.kind)
    assert.matches("goes back to a page that was read already", pages.err.message, 1, true)
  end)

  describe("reads of an answer", function()
    --- How many pages there are, the error behind them, and the last cursor that was asked with, where the answers are these.
    local function read(pages, answers, fields)
      local _, module = client(pages, { list = {}, page_token = {} }, fields)
      local asked, token = 0, nil
      function module.list(_, params)
        asked = asked + 1
        token = params.page_token
        assert.is_true(token == nil or #token > 0)
        return core.read(module.provider, "list", 200, answers[asked])
      end
      local count, all = 0, module.pages(acme.client(module, { base_url = "https://localhost" }), "list", { list = "x" })
      for _ in all do
        count = count + 1
      end
      return count, all.err and tostring(all.err), token
    end
    local MORE = { items = "items", more = "more", last = "id", into = "page_token" }

    it("that an empty cursor is none, whether it is declared or a secret", function()
      for _, fields in ipairs { { next = "string" }, { count = "integer" } } do
        local count, err = read(CURSOR, { [[{"count":1,"next":"a"}]], [[{"count":2,"next":""}]] }, fields)
        assert.equal(2, count)
        assert.is_nil(err)
      end
    end)

    it("all digits of a cursor that is a number", function()
      local big = math.type and "1618065507111835497" or "9007199254740992" -- where Lua has no integers a larger one that is declared is an error
      for _, fields in ipairs { { next = "integer", count = "integer" }, { next = "string", count = "integer" }, { count = "integer" } } do
        for _, empty in ipairs { "null", '""', "[]", "{}" } do
          local first, second = ([[{"count":1,"next":%s}]]):format(big), ([[{"count":2,"next":%s}]]):format(fields.next and empty or "null")
          local count, err, token = read(CURSOR, { first, second }, fields)
          assert.equal(2, count)
          assert.is_nil(err)
          assert.equal(big, type(token) == "userdata" and token:reveal() or token)
        end
      end
    end)

    it("the cursor at any path, and the items of any list", function()
      local fields = { ["edges[].id"] = "string", ["info[].next"] = "string", ["x.y"] = "integer" }
      local by_cursor = { items = "edges[]", cursor = "info[].next", into = "page_token" }
      local count, err = read(by_cursor, { [[{"info":[{"next":null},{"next":"a"}]}]], [[{"edges":[]}]] }, fields)
      assert.equal(2, count)
      assert.is_nil(err)
      for _, last in ipairs { "id", "edges[].id", "['id']" } do
        count, err = read({ items = "edges[]", more = "['x.y'][0].more", last = last, into = "page_token" },
          { [[{"x.y":[{"more":true}],"edges":[{"id":"1"},{"id":"2"},null]}]], [[{"edges":[]}]] }, { ["edges[].id"] = "string" })
        assert.equal(2, count)
        assert.is_nil(err)
      end
    end)

    it("that a card's number is no cursor in a URL, which is an error of the list and nothing that raises", function()
      for _, fields in ipairs { { next = "string" }, { next = "integer" }, { count = "integer" } } do
        for _, cursor in ipairs { "4111111111111111", fields.next ~= "integer" and '"4111111111111111"' or nil } do
          local count, err = read(CURSOR, { ([[{"count":1,"next":%s}]]):format(cursor), [[{"count":2,"next":null}]] }, fields)
          assert.equal(1, count)
          assert.equal("acme_list.list: invalid_request: page_token has a card's number in it, and would stand in the URL or a header of each request: "
            .. "a definition can allow it (allow_pan = true)", err)
        end
      end
      local module = cards.define { name = "acme_pans", operations = { list = { path = "/l", params = { after = { into = "query", allow_pan = true } },
        response = { fields = { next = "string" } }, pages = { items = "items", cursor = "next", into = "after" } } } }
      local answers, tokens = { [[{"next":"4111111111111111"}]], "{}" }, {}
      function module.list(_, params)
        table.insert(tokens, params.after and params.after:reveal() or "none")
        return core.read(module.provider, "list", 200, answers[#tokens])
      end
      for _ in module.pages(module.new { base_url = "https://localhost" }, "list") do end -- luacheck: ignore 542
      assert.same({ "none", "4111111111111111" }, tokens)
    end)

    it("that what is neither a text nor a number is no cursor", function()
      for _, next_page in ipairs { "{}", "true", "[1]" } do
        local count, err = read(CURSOR, { ('{"count":1,"next":%s}'):format(next_page) }, { count = "integer" })
        assert.equal(1, count)
        assert.equal("acme_list.list: protocol: what the next page is asked for with is neither a text nor a number", err)
      end
      for _, last in ipairs { "{}", '""', "false", "null" } do
        local count, err = read(MORE, { ('{"items":[{"id":%s}],"more":true}'):format(last) }, { more = "boolean" })
        assert.equal(1, count)
        assert.equal("acme_list.list: protocol: the answer says that there is more, but not after what", err)
      end
    end)

    it("whether there is more, where it says so", function()
      for _, more in ipairs { "1", '"true"', "{}" } do
        local count, err = read(MORE, { ('{"items":[{"id":"1"}],"more":%s}'):format(more) }, { ["items[].id"] = "string" })
        assert.equal(1, count)
        assert.equal("acme_list.list: protocol: the answer says neither true nor false about whether there is more", err)
      end
      assert.same({ 1 }, { read(MORE, { '{"items":[{"id":"1"}]}' }, { ["items[].id"] = "string" }) })
    end)
  end)

  it("ends with the error of a call, which the iterator returns and keeps", function()
    local made = client(CURSOR)
    local pages = made:pages("list", { list = "sandbox-status=404" })
    local page, err = pages()
    assert.is_nil(page)
    assert.equal("not_found", err.kind)
    assert.equal(err, pages.err)
    assert.equal(err, select(2, pages()))
  end)

  it("passes the call's options on", function()
    local id = sandbox.unique_id "list"
    for _ in client(CURSOR):pages("list", { list = id }, { headers = { ["X-Trace"] = "t" } }) do
      assert.equal("t", sandbox.seen(id).last.headers["x-trace"])
    end
  end)

  it("runs beside others in cards.all", function()
    local made = client(CURSOR)
    local function all() return counts(made:pages("list", { list = sandbox.unique_id "list" })) end
    local a, b = cards.all { all, all }
    assert.same({ 1, 2, 3 }, a[1])
    assert.same({ 1, 2, 3 }, b[1])
  end)

  it("is an error at the caller's line where it cannot be", function()
    local made, module = client(CURSOR)
    local cases = {
      { "has no pages (did you mean 'list'?)", function() made:pages("lsit", {}) end },
      { "show has no pages (known is list)", function() made:pages("show", {}) end },
      { "the parameters must be a table", function() made:pages("list", "x") end },
      { "the first argument must be a cards.acme_list client", function() module.pages({}, "list") end },
      { "unknown key 'timout'", function() made:pages("list", {}, { timout = 1 }) end },
    }
    for _, case in ipairs(cases) do
      local ok, message = pcall(case[2])
      assert.is_false(ok)
      assert.matches(case[1], message, 1, true)
      assert.matches("pages_spec.lua:", message, 1, true)
    end
    local _, other = pcall(function() return acme.client(cards.define(acme.definition())):pages("show") end)
    assert.matches("pages", other, 1, true)
  end)
end)
