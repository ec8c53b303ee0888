--- Requests and answers as they were on the wire, read for showing. What counts is what src/http made of them.

local wire = {}

--- The first line and the headers of a head. @return the line, and a list of { name, value }
local function head(text)
  local line, rest = text:match "^([^\r\n]*)\r?\n(.*)$"
  local headers = {}
  for name, value in (rest or ""):gmatch "([^:\r\n]+):[ \t]*([^\r\n]*)" do
    headers[#headers + 1] = { name = name, value = value }
  end
  return line or text, headers
end

local function header(headers, name)
  for _, one in ipairs(headers) do
    if one.name:lower() == name then
      return one.value
    end
  end
end

--- The body that came in chunks, as far as it came.
local function unchunked(text)
  local parts, at = {}, 1
  while true do
    local size, content = text:match("^(%x+)[^\n]*\n()", at)
    size = size and #size <= 8 and tonumber(size, 16)
    if not size or size == 0 then
      return table.concat(parts)
    end
    parts[#parts + 1] = text:sub(content, content + size - 1)
    at = text:match("^\r?\n()", content + size) or #text + 1
  end
end

--- A request.
-- @return { method, target, headers = { { name, value } }, body }
function wire.request(text, body)
  local line, headers = head(text)
  local method, target = line:match "^(%S+) (%S+)"
  return { method = method, target = target, headers = headers, body = body }
end

--- An answer, as far as it came; nil where its first line is none of HTTP.
-- @return { status, headers = { { name, value } }, body }
function wire.answer(text)
  while true do
    local first, behind = text:match "^(.-\r?\n)\r?\n()"
    local line, headers = head(first or text)
    local status = tonumber(line:match "^HTTP/%d%.%d (%d%d%d)")
    if not status then
      return nil
    end
    local body = behind and text:sub(behind) or ""
    if status >= 200 then
      local length = tonumber(header(headers, "content-length") or "")
      if (header(headers, "transfer-encoding") or ""):lower():find "chunked" then
        body = unchunked(body)
      elseif length then
        body = body:sub(1, length)
      end
      return { status = status, headers = headers, body = body, encoding = header(headers, "content-encoding") }
    end
    text = body
  end
end

return wire
