-- Asks for the paths in a file (args[1], one a line), one after another, then from the first again.
-- With a file to send (args[2], of type args[3]) each request posts it. Tells the result in JSON.

local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  -- Each thread connects after this. Of connections made at once, one process of the server may
  -- take all, and the others would idle.
  os.execute("sleep 0.01")
  local headers, body = {}, nil
  if args[2] then
    local file = assert(io.open(args[2], "rb"))
    body = file:read("*a")
    file:close()
    headers["Content-Type"] = args[3]
  end
  requests = {}
  for path in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format(body and "POST" or "GET", path, headers, body)
  end
  asked = number * 997 -- threads begin at different places
end

function request()
  asked = asked % #requests + 1
  return requests[asked]
end

function done(summary, latency)
  local failed = 0
  for _, count in pairs(summary.errors) do
    failed = failed + count
  end
  io.write(string.format(
    '\n{"answers": %d, "seconds": %f, "failed": %d, "p50_us": %d, "p95_us": %d, "p99_us": %d}\n',
    summary.requests, summary.duration / 1e6, failed,
    latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
