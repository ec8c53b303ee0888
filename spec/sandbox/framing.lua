--- Misbehaviours of the catalogue (misbehave.lua) that are about where an answer begins and ends, and about the connection that it came on: what a strict
-- reader refuses, what it has to bear, and when a kept connection is of no more use.

local gzip = require "gzip"
local wire = require "wire"
local parts = require "parts"
local pause = require "pause"

local on_wire, seconds = parts.on_wire, parts.seconds

-- A whole answer with one more header line, as it is.
local function header(line)
  return on_wire(function(answer) return wire.whole(answer, { line }) end)
end

-- The body in two chunks, with these texts behind their sizes and behind the last chunk.
local function chunks(body, extension, trailers)
  local half = math.floor(#body / 2)
  local first, second = body:sub(1, half), body:sub(half + 1)
  return ("%x%s\r\n%s\r\n%x%s\r\n%s\r\n0%s\r\n%s\r\n"):format(#first, extension, first, #second, extension, second, extension, trailers)
end

return {
  -- connections that end between two answers
  close_after = { "=SECONDS keep-alive is announced, FIN comes so long after the answer (0.05)", function(answer, argument)
    answer.send = function(self)
      wire.take():send(wire.whole(self, { "Connection: keep-alive" }))
      pause(seconds(argument, 0.05))
    end
  end },
  close_kept = { "FIN without an answer on a connection that has answered before; a fresh one is answered and kept", function(answer)
    if tonumber(ngx.var.connection_requests) > 1 then answer.send = function() return wire.send "" end end
  end },
  early_answer = { "=STATUS a refusal (413) before the request's body was read, then FIN; asked for by the header only", function(answer, argument)
    answer:refuse(tonumber(argument) or 413)
    answer.send = function(self) return wire.send(wire.whole(self, { "Connection: close" })) end
  end },

  -- lengths
  both_lengths = { "Content-Length and Transfer-Encoding: chunked, with chunks", on_wire(function(answer)
    local body = chunks(answer:body(), "", "")
    return wire.head(answer, { "Content-Length: " .. #body, "Transfer-Encoding: chunked" }) .. body
  end) },
  two_lengths = { "two Content-Lengths, the second one longer (=same: twice the right one)", on_wire(function(answer, argument)
    return wire.whole(answer, { "Content-Length: " .. #answer:body() + (argument == "same" and 0 or 8) })
  end) },
  signed_length = { "a plus before the Content-Length", on_wire(function(answer)
    return (wire.whole(answer):gsub("Content%-Length: ", "%0+", 1))
  end) },
  bytes_behind = { "some bytes behind the end of the body, at once", on_wire(function(answer) return wire.whole(answer) .. "garbage" end) },

  -- headers
  folded_header = { "a header that goes on in the next line", header "X-Folded: one,\r\n two" },
  space_before_colon = { "a space between a header's name and its colon", header "X-Spaced : one" },
  nul_in_header = { "NUL in a header's value", header "X-Nul: one\0two" },
  cr_in_header = { "CR without LF in a header's value", header "X-Return: one\rtwo" },
  bare_lf = { "lines of the head that end with LF alone", on_wire(function(answer)
    local body = answer:body()
    return wire.head(answer, { "Content-Length: " .. #body }):gsub("\r\n", "\n") .. body
  end) },

  -- what a reader has to bear
  chunk_extensions = { "two chunks with extensions, and trailers behind them", on_wire(function(answer)
    return wire.head(answer, { "Transfer-Encoding: chunked", "Trailer: X-Trailer" })
      .. chunks(answer:body(), ';name="some value";other', "X-Trailer: one\r\nX-Other-Trailer: two\r\n")
  end) },
  gzip_members = { "gzip of two members", function(answer)
    answer.headers["Content-Encoding"] = "gzip"
    answer.filters[#answer.filters + 1] = function(body)
      local half = math.floor(#body / 2)
      return gzip.compress(body:sub(1, half)) .. gzip.compress(body:sub(half + 1))
    end
  end },
  encoding_none = { "Content-Encoding: none, which is no encoding", function(answer) answer.headers["Content-Encoding"] = "none" end },
  dribble = { "the whole answer, its head too, byte by byte, a millisecond each", function(answer)
    answer.send = function(self)
      local socket, text = wire.take(), wire.whole(self)
      for i = 1, #text do
        if not socket:send(text:sub(i, i)) then return end
        ngx.sleep(0.001)
      end
    end
  end },
}
