--- A strict reader of Prometheus' text format 0.0.4: it raises for what the format does not allow, and for what its users agree on: each metric stands in one
-- piece behind its HELP and TYPE, no series stands twice, a counter ends in _total, a histogram's buckets ascend and end with +Inf, which is its count.

local NAME, LABEL = "[%a_:][%w_:]*", "[%a_][%w_]*"

local function fail(number, why) error(("line %d: %s"):format(number, why), 0) end

local function read_help(text, number)
  local rest = text:gsub("\\[\\n]", "")
  if rest:find "\\" then fail(number, "an escape that is none") end
end

--- Reads a label's value from behind its quote. @return it, and where the text goes on
local function read_value(text, at, number)
  local parts = {}
  while true do
    local char = text:sub(at, at)
    if char == "" then fail(number, "a label's value without an end") end
    if char == '"' then return table.concat(parts), at + 1 end
    if char == "\\" then
      at = at + 1
      local escaped = ({ ["\\"] = "\\", n = "\n", ['"'] = '"' })[text:sub(at, at)]
      if not escaped then fail(number, "an escape that is none") end
      char = escaped
    end
    parts[#parts + 1] = char
    at = at + 1
  end
end

--- Reads "{…}". @return the labels, and where the text goes on
local function read_labels(text, at, number)
  local labels = {}
  if text:sub(at, at) ~= "{" then return labels, at end
  at = at + 1
  repeat
    local label, next_at = text:match("^(" .. LABEL .. ')="()', at)
    if not label then fail(number, "no label") end
    if labels[label] then fail(number, "a label that stands twice: " .. label) end
    labels[label], at = read_value(text, next_at, number)
    local char = text:sub(at, at)
    if char ~= "," and char ~= "}" then fail(number, "no end of the labels") end
    at = at + 1
  until char == "}"
  return labels, at
end

local function read_number(text, number)
  if text == "+Inf" then return math.huge end
  if not text:find "^[-+]?%d+%.?%d*$" and not text:find "^[-+]?%d+%.?%d*[eE][-+]?%d+$" then fail(number, "no number: " .. text) end
  return tonumber(text)
end

local function is_utf8(text)
  local at = 1
  while at <= #text do
    local byte = text:byte(at)
    local length = byte < 0x80 and 1 or byte >= 0xC2 and byte < 0xE0 and 2 or byte >= 0xE0 and byte < 0xF0 and 3 or byte >= 0xF0 and byte < 0xF5 and 4
    if not length or not text:sub(at + 1, at + length - 1):find("^" .. ("[\128-\191]"):rep(length - 1) .. "$") then return false end
    at = at + length
  end
  return true
end

--- The name of the metric to which a sample belongs.
local function family_of(name, metrics)
  local of = metrics[name] and name or name:match "^(.*)_bucket$" or name:match "^(.*)_sum$" or name:match "^(.*)_count$"
  return of and metrics[of] and (of == name or metrics[of].kind == "histogram") and of
end

local function key_of(labels, without)
  local parts = {}
  for name, value in pairs(labels) do
    if name ~= without then parts[#parts + 1] = ("%s=%q"):format(name, value) end
  end
  table.sort(parts)
  return table.concat(parts, ",")
end

local function check_histogram(name, samples)
  local series = {}
  for _, sample in ipairs(samples) do
    local key = key_of(sample.labels, "le")
    series[key] = series[key] or { buckets = {} }
    local suffix = sample.name:sub(#name + 1)
    if suffix == "_bucket" then
      table.insert(series[key].buckets, { le = read_number(sample.labels.le or error(name .. ": no le", 0), sample.line), count = sample.value })
    elseif suffix == "" or series[key][suffix] then
      error(name .. ": what is " .. sample.name, 0)
    else
      series[key][suffix] = sample.value
    end
  end
  for key, one in pairs(series) do
    local before = { le = -math.huge, count = 0 }
    for _, bucket in ipairs(one.buckets) do
      if bucket.le <= before.le then error(("%s{%s}: le does not ascend"):format(name, key), 0) end
      if bucket.count < before.count then error(("%s{%s}: a bucket has less than the one before"):format(name, key), 0) end
      before = bucket
    end
    if before.le ~= math.huge then error(("%s{%s}: no +Inf"):format(name, key), 0) end
    if before.count ~= one._count then error(("%s{%s}: +Inf is not the count"):format(name, key), 0) end
    if not one._sum or (one._count == 0) ~= (one._sum == 0) then error(("%s{%s}: its sum"):format(name, key), 0) end
  end
end

--- @return { name = { help, kind, samples = { { name, labels, value, line } } } }, and a function value(name, labels)
return function(text)
  local metrics, current, number, seen = {}, nil, 0, {}
  assert(text:sub(-1) == "\n", "the last line has no end")
  if not is_utf8(text) then error("it is no UTF-8", 0) end
  for line in text:gmatch "([^\n]*)\n" do
    number = number + 1
    local word, name, rest = line:match("^# (%u+) (" .. NAME .. ") (.*)$")
    if word == "HELP" then
      if metrics[name] then fail(number, name .. " stands in more than one piece") end
      read_help(rest, number)
      metrics[name], current = { help = rest, samples = {} }, name
    elseif word == "TYPE" then
      if name ~= current or metrics[name].kind or metrics[name].samples[1] then fail(number, "a TYPE that does not follow its HELP") end
      if not ({ counter = 1, gauge = 1, histogram = 1 })[rest] then fail(number, "a type of another kind") end
      if (rest == "counter") ~= (name:find "_total$" ~= nil) then fail(number, "only counters end in _total") end
      metrics[name].kind = rest
    else
      name = line:match("^" .. NAME)
      if not name then fail(number, "neither a comment nor a sample") end
      local labels, at = read_labels(line, #name + 1, number)
      local value = line:match("^ (%S+)$", at)
      if not value then fail(number, "no value") end
      local of = family_of(name, metrics)
      if not of or of ~= current or not metrics[of].kind then fail(number, name .. " does not follow its HELP and TYPE") end
      local key = name .. "{" .. key_of(labels) .. "}"
      if seen[key] then fail(number, key .. " stands twice") end
      local sample = { name = name, labels = labels, value = read_number(value, number), line = number }
      if metrics[of].kind ~= "gauge" and sample.value < 0 then fail(number, "it is negative") end
      seen[key] = sample.value
      table.insert(metrics[of].samples, sample)
    end
  end
  for name, metric in pairs(metrics) do
    if not metric.samples[1] then error(name .. " has no sample", 0) end
    if metric.kind == "histogram" then check_histogram(name, metric.samples) end
  end
  return metrics, function(name, labels) return seen[name .. "{" .. key_of(labels or {}) .. "}"] end
end
