--- The setting `reveal` of cards.configure: which policies are taken, and what they allow.

local cards = require "cards"

local CLASSES = { "pan", "cvv", "token", "credential", "undeclared" }
local PURPOSES = { "show_card", "export", "für den Halter" }
local ROLES = { "cardholder", "support", "audit" }

local function audit() end

local function set(policy)
  cards.configure { reveal = { policy = policy, audit = audit } }
end

after_each(function() cards.configure { reveal = false } end)

describe("cards.configure { reveal = … }", function()
  local function refused(expected, setting)
    local line = debug.getinfo(1, "l").currentline + 1
    local ok, message = pcall(function() cards.configure { reveal = setting } end)
    assert.is_false(ok)
    assert.equal(("policy_spec.lua:%d: cards.configure: %s"):format(line, expected), message:match "policy_spec.*$")
  end

  local function refused_policy(expected, policy)
    refused(expected, { policy = policy, audit = audit })
  end

  it("takes a policy and an audit function, or something that can be called", function()
    set {}
    set { a = { classes = {}, purposes = {} } }
    set { a = { classes = CLASSES, purposes = PURPOSES }, ["b c"] = { classes = { "pan", "pan" }, purposes = { "x" } } }
    cards.configure { reveal = { policy = {}, audit = setmetatable({}, { __call = audit }) } }
    cards.configure { reveal = false }
  end)

  it("wants both", function()
    refused("reveal.policy is required", { audit = audit })
    refused("reveal.audit is required: a function that writes down each act", { policy = {} })
    for _, wrong in ipairs { true, "x", 5 } do
      refused("reveal must be { policy = …, audit = … }, or false", wrong)
    end
    refused("reveal.audit must be a function", { policy = {}, audit = "log" })
    refused_policy("reveal.policy must be a table of roles", "x")
  end)

  it("names the nearest key and class", function()
    refused("reveal: unknown key 'polcy' (did you mean 'policy'?)", { polcy = {}, audit = audit })
    refused_policy("reveal.policy.support: unknown key 'class' (did you mean 'classes'?)", { support = { class = {}, purposes = {} } })
    refused_policy("reveal.policy.support.classes[2]: unknown class 'pam' (did you mean 'pan'?)", { support = { classes = { "cvv", "pam" }, purposes = {} } })
    refused_policy("reveal.policy.support.classes[1]: unknown class '5' (known are credential, cvv, pan, token, undeclared)",
      { support = { classes = { 5 }, purposes = {} } })
  end)

  it("wants lists of classes and purposes for each role", function()
    refused_policy("reveal.policy.a must be a table", { a = true })
    refused_policy("reveal.policy.a.classes is required", { a = { purposes = {} } })
    refused_policy("reveal.policy.a.purposes is required", { a = { classes = {} } })
    refused_policy("reveal.policy.a.classes must be a list", { a = { classes = "pan", purposes = {} } })
    refused_policy("reveal.policy.a.classes must be a list: it has the key 'pan'", { a = { classes = { pan = true }, purposes = {} } })
    refused_policy("reveal.policy.a.purposes must be a list: it has the key '3'", { a = { classes = {}, purposes = { "x", [3] = "y" } } })
  end)

  it("takes names that a log may have", function()
    refused_policy("reveal.policy.1: the name of a role must be a string that is not empty", { [1] = { classes = {}, purposes = {} } })
    refused_policy("reveal.policy.a?b: the name of a role contains a line break, a NUL or another control character", { ["a\nb"] = {} })
    refused_policy("reveal.policy.************1111: the name of a role has a card's number in it, and is not encrypted", { ["4111111111111111"] = {} })
    refused_policy("reveal.policy.a.purposes[1] must be a string that is not empty", { a = { classes = {}, purposes = { "" } } })
    refused_policy("reveal.policy.a.purposes[1] is longer than 256 bytes", { a = { classes = {}, purposes = { ("x"):rep(257) } } })
  end)

  it("is what stands in its tables, and nothing that a metatable adds to them", function()
    local role = setmetatable({ purposes = { "x" } }, { __index = { classes = { "pan" } } })
    refused_policy("reveal.policy.a.classes is required", { a = role })
    set { a = { classes = setmetatable({ "cvv" }, { __index = function(_, i) return i == 2 and "pan" or nil end }), purposes = { "x" } } }
    assert.is_nil((cards.secret("4111111111111111", "pan"):reveal { role = "a", purpose = "x" }))
  end)

  it("leaves the setting as it is where it refuses", function()
    set { a = { classes = { "pan" }, purposes = { "x" } } }
    refused_policy("reveal.policy must be a table of roles", 5)
    local secret = cards.secret("4111111111111111", "pan")
    assert.equal("4111111111111111", secret:reveal { role = "a", purpose = "x" })
    assert.is_nil((secret:reveal { role = "b", purpose = "x" }))
  end)

  it("takes a copy of the policy", function()
    local policy = { a = { classes = { "pan" }, purposes = { "x" } } }
    set(policy)
    policy.a.classes[2], policy.a.purposes[2], policy.b = "cvv", "y", policy.a
    local number, cvv = cards.secret("4111111111111111", "pan"), cards.secret("123", "cvv")
    for _, refusal in ipairs { { cvv, "a", "x" }, { number, "a", "y" }, { number, "b", "x" } } do
      assert.is_nil((refusal[1]:reveal { role = refusal[2], purpose = refusal[3] }))
    end
    policy.a.classes[1], policy.a.purposes[1] = nil, nil
    assert.is_string(number:reveal { role = "a", purpose = "x" })
  end)
end)

describe("a policy", function()
  --- Some of the words, as a list and as keys.
  local function some(words)
    local list, set_ = {}, {}
    for _, word in ipairs(words) do
      if math.random() < 0.5 then
        list[#list + 1], set_[word] = word, true
      end
    end
    return list, set_
  end

  it("allows just what has its role, class and purpose", function()
    local allowed, refusals = 0, 0
    for _ = 1, 300 do
      local policy, rights = {}, {}
      for _, role in ipairs((some(ROLES))) do
        rights[role], policy[role] = {}, {}
        policy[role].classes, rights[role].classes = some(CLASSES)
        policy[role].purposes, rights[role].purposes = some(PURPOSES)
      end
      set(policy)
      for _ = 1, 10 do
        local class, role, purpose = CLASSES[math.random(#CLASSES)], ROLES[math.random(#ROLES)], PURPOSES[math.random(#PURPOSES)]
        local may = rights[role] ~= nil and rights[role].classes[class] ~= nil and rights[role].purposes[purpose] ~= nil
        local bytes, err = cards.secret("4111111111111111", class):reveal { role = role, purpose = purpose }
        assert.equal(may and "4111111111111111" or nil, bytes)
        assert.equal(may, err == nil)
        allowed, refusals = allowed + (may and 1 or 0), refusals + (may and 0 or 1)
      end
    end
    assert.is_true(allowed > 50 and refusals > 50)
  end)
end)
