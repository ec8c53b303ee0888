--- cards.testing: records, errors, clients and a clock to test one's own code with, without a network. docs/guide/testing.md shows how.
--
--     local testing = require "cards.testing"
--     local alix = testing.client("alix", { private_info = function(parameters) return { cardNo = "4111111111111111", cvv = "123" } end })
--     assert(alix:private_info "c_1")
--     assert(alix.calls[1].parameters.card_id == "c_1")
--
-- It is for tests only. A program that does not require it has nothing of it.

require "cards"
local record = require "cards.testing.record"

local testing = {
  record = record.record,
  answer = record.answer,
  error = require("cards.testing.errors").make,
  client = require "cards.testing.client",
  clock = require "cards.testing.clock",
}

return setmetatable(testing, require("cards.util.absent").functions("cards.testing", testing, "function"))
