--- cards.trace.otlp: an exporter that sends spans as OTLP in JSON, https://opentelemetry.io/docs/specs/otlp/: POST /v1/traces. It is a client of its own
-- definition, by the same engine as all calls. Its calls are no part of a trace, and metrics leave them out.

local check = require "cards.util.check"
local core = require "cards.core"
local definition = require "cards.define.definition"
local provider = require "cards.provider"
local spans = require "cards.trace.spans"

local PATH = "/v1/traces"

local DEFINITION = {
  name = "otlp",
  operations = {
    export = {
      method = "POST", path = PATH, auth = {}, empty = true, encoding = "raw", content_type = "application/json",
      params = { request = { into = "body", required = true } }, -- no fields, as an answer need not have any
    },
  },
}

local LOCAL = { localhost = true, ["127.0.0.1"] = true, ["[::1]"] = true }

local known = {
  url = check.text,
  headers = check.headers,
  service = check.label,
  ca_file = check.text,
  cert_file = check.text,
  key_file = check.text,
  insecure_http = check.boolean,
  timeout = check.number(0.001, 900),
  batch = check.number(1, 1000, true),
  queue = check.number(1, 1000000, true),
  interval = check.number(0.01, 86400),
}

local function make_module()
  local handle = core.define((definition.read(DEFINITION)))
  local module = provider.defined(handle, {})
  provider.modules()[DEFINITION.name] = nil -- it is nobody's provider
  return module
end

local module

--- The settings of a client. http:// is for a collector beside the program.
local function settings_of(options)
  local url = options.url:gsub("/+$", "")
  if url:sub(-#PATH) == PATH then
    url = url:sub(1, -#PATH - 1)
  end
  local name = url:match "^[Hh][Tt][Tt][Pp]://(%[?[%w.:]-%]?):?%d*$" or url:match "^[Hh][Tt][Tt][Pp]://(%[?[%w.:]-%]?):?%d*/"
  return {
    base_url = url, headers = options.headers, timeout = options.timeout or 10, retries = 0, insecure_http = options.insecure_http or LOCAL[name] or false,
    tls = { ca_file = options.ca_file, cert_file = options.cert_file, key_file = options.key_file },
  }
end

local methods = {}

--- The client, another one in a forked process: secrets among its headers are those of one process.
function methods:client()
  if not self.made or self.guard.state ~= "open" then
    self.made, self.guard = assert(module.new(self.settings)), core.secret "of this process"
    core.private(self.made).untraced = true
    core.leave_out(self.made)
  end
  return self.made
end

local exporter_type = { __name = "cards.exporter", __index = methods }

--- cards.trace.otlp(options)
-- @param options {
--   url = where the collector is: "https://collector.example:4318", to which /v1/traces is added. http:// is for a collector beside the program, at
--   localhost, 127.0.0.1 or [::1], or with insecure_http = true; headers = { ["X-Key"] = a string or a secret }; service = the name of this program, "cards";
--   ca_file, cert_file, key_file = as in `tls` of `new`; timeout = seconds of one sending (10); batch = spans of it (512), at most 1000; queue = spans that
--   wait at most (2048); interval = seconds until fewer are sent, too (5) }
-- @return an exporter, for cards.configure { trace = { exporter = … } }
-- Raises an error for unknown or wrong options.
local function otlp(options)
  check.argument("cards.trace.otlp", check.options(options, known) or not options.url and "url is required")
  module = module or make_module()
  local self = setmetatable({
    settings = settings_of(options), size = options.batch or 512, most = options.queue or 2048, interval = options.interval or 5,
  }, exporter_type)
  local ok, wrong = pcall(self.client, self)
  check.argument("cards.trace.otlp", not ok and (wrong:gsub("^.-cards%.otlp%.new: ", ""):gsub("base_url", "url"):gsub("tls%.", "")))
  local head = ('{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"%s"}}]},"scopeSpans":[{"scope":{"name":"cards",'
    .. '"version":"%s"},"spans":['):format(spans.escaped(options.service or "cards"), package.loaded.cards._VERSION)

  local function request(list)
    return { request = head .. table.concat(list, ",") .. "]}]}]}" }
  end

  --- What became of a batch. @return how many spans were refused, all where the answer does not say it plainly; or nil and an error
  function self.read(count, record, err)
    if not record then
      return nil, err
    end
    local partial = rawget(record, "partialSuccess")
    local rejected = type(partial) == "table" and rawget(partial, "rejectedSpans")
    if not check.is_secret(rejected) then
      return 0
    end
    for n = 0, count do -- what is not declared is a secret, which is not revealed for this
      if rejected:equals(("%d"):format(n)) then
        return n
      end
    end
    return count
  end

  function self.export(list, seconds)
    local timeout = self.settings.timeout
    return self.read(#list, self:client():export(request(list), { timeout = seconds and math.min(seconds, timeout) or timeout }))
  end

  function self.start(list)
    return self:client():start("export", request(list))
  end

  return self
end

return otlp
