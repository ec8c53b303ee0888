--- Colours a block of code: HTML in which comments, strings, numbers and keywords are spans of those classes.

local colour = {}

local LUA_WORDS = "and break do else elseif end false for function goto if in local nil not or repeat return then true until while"
local C_WORDS = "bool break case char const continue default do else enum extern false for goto if int long return size_t sizeof static struct switch true "
  .. "typedef unsigned void while"
local SH_WORDS = "case do done elif else esac export fi for if in then while"

-- Rules: what a token looks like at its beginning, the first that fits, and its class; a function says the class of the token.
local STRINGS = { { '"[^"\n]-[^\\]"', "string" }, { '""', "string" }, { "'[^'\n]-[^\\]'", "string" }, { "''", "string" } }

local function words(list)
  local known = {}
  for word in list:gmatch "%S+" do
    known[word] = "keyword"
  end
  return { "[%a_][%w_]*", function(word) return known[word] end }
end

local NUMBER = { "%d[%w.]*", "number" }
local HASH = { "#[^\n]*", "comment" }

local function language(...)
  local rules = { ... }
  table.move(STRINGS, 1, #STRINGS, #rules + 1, rules)
  return rules
end

local LANGUAGES = {
  lua = language({ "%-%-%[%[.-%]%]", "comment" }, { "%-%->[^\n]*", "output" }, { "%-%-[^\n]*", "comment" }, { "%[%[.-%]%]", "string" },
    words(LUA_WORDS), NUMBER),
  c = language({ "/%*.-%*/", "comment" }, { "//[^\n]*", "comment" }, { "#%a+", "keyword" }, words(C_WORDS), NUMBER),
  sh = language({ "[%w$_]+#" }, HASH, words(SH_WORDS), { "[%w_./-]+" }),
  nginx = language(HASH, { "[%a_][%w_]*" }, NUMBER),
  json = language(words "true false null", NUMBER),
}
LANGUAGES.dockerfile = language(HASH, { "%u%u+", "keyword" }, { "[%w_]+" })

local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

--- A text as it stands in HTML.
function colour.escape(text)
  return (text:gsub('[&<>"]', ESCAPES))
end

--- The end and the class of what begins at a place.
local function token(text, at, rules)
  for _, rule in ipairs(rules) do
    local _, last = text:find("^" .. rule[1], at)
    if last then
      local class = rule[2]
      return last, type(class) == "function" and class(text:sub(at, last)) or type(class) == "string" and class or nil
    end
  end
  return at
end

--- The HTML of a block of code.
-- @param text of the block
-- @param name of its language; another than those above is left as it is
function colour.code(text, name)
  local rules, html, at = LANGUAGES[name] or {}, {}, 1
  while at <= #text do
    local last, class = token(text, at, rules)
    local piece = colour.escape(text:sub(at, last))
    table.insert(html, class and ('<span class="%s">%s</span>'):format(class, piece) or piece)
    at = last + 1
  end
  return table.concat(html)
end

return colour
