--- Where a name stands in a page: what a link to it leads to, and what the search finds.

local name = {}

local PATTERN = '<a id="([^"]*)"( data%-kind="[^"]*" data%-name="[^"]*")></a>'

--- The HTML of the place.
-- @param id in its page
-- @param kind what the name is: "option", "key", …
-- @param text that is looked for
function name.anchor(id, kind, text)
  return ('<a id="%s" data-kind="%s" data-name="%s"></a>'):format(id, kind, text)
end

--- The place out of a heading, which is the place then itself.
-- @return its id, its other attributes, and the rest of the heading; nil where there is none
function name.take(html)
  local id, attributes = html:match(PATTERN)
  return id, attributes, (html:gsub(PATTERN, ""))
end

--- The names in a page, in their order: each time id, kind and text.
function name.all(html)
  return html:gmatch ' id="([^"]*)" data%-kind="([^"]*)" data%-name="([^"]*)"'
end

return name
