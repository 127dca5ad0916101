%% The measuring program of Erlang/OTP: the counterpart of hitless/swaps.ts. Takes a job as NAME=VALUE words, writes
%% a record (its lines are described in record.ts).
-module(swap_bench).
-export([main/0]).

-define(BETWEEN, 50).
-define(LEAD_MS, 20).
-define(TAIL_MS, 2).
-define(LONGEST_S, 30).

%% What there is of one server: Sent is a counter, so that a stream can send while versions are swapped.
-record(server, {number, module, pid, sent, total, times, binaries}).
-record(job, {swaps, warmup, load, first, rate, flood, abort, observe, observations, touch, migrate}).

main() ->
    try
        Job = maps:from_list([list_to_tuple(string:split(Word, "=")) || Word <- init:get_plain_arguments()]),
        {ok, Out} = file:open(maps:get("output", Job), [write, raw, delayed_write]),
        line(Out, ["fact otp ", erlang:system_info(otp_release)]),
        case maps:get("kind", Job) of
            "swap" -> swaps(Job, Out);
            "ask" -> talk_bench:ask(number("batches", Job), number("size", Job), writer(Out));
            "send" -> talk_bench:send(number("batches", Job), number("size", Job), writer(Out))
        end,
        ok = file:close(Out),
        halt(0)
    catch
        Class:Reason:Stack ->
            io:format(standard_error, "~p: ~p~n~p~n", [Class, Reason, Stack]),
            halt(1)
    end.

number(Name, Job) -> list_to_integer(maps:get(Name, Job)).

line(Out, Text) -> ok = file:write(Out, [Text, $\n]).

writer(Out) -> fun(Batch) -> line(Out, ["batch ", integer_to_list(Batch)]) end.

now_ns() -> erlang:monotonic_time(nanosecond).

swaps(Words, Out) ->
    Entries = number("entries", Words),
    Migrate = maps:get("migrate", Words) =:= "true",
    Job = #job{
        swaps = number("swaps", Words), warmup = number("warmup", Words), load = maps:get("load", Words),
        first = maps:get("first", Words), rate = number("rate", Words), observe = number("observe", Words),
        observations = number("observations", Words), migrate = Migrate, flood = number("flood", Words),
        abort = maps:get("abort", Words) =:= "true",
        touch = case Migrate of true -> Entries; false -> false end
    },
    Directory = maps:get("directory", Words),
    Servers = [start(Number, Entries, Job, Directory) || Number <- lists:seq(1, number("servers", Words))],
    %% Times are written as they are read, relative to nothing: a monotonic time may be negative.
    Offset = now_ns() - 1,
    case streamed(Job) of
        false -> in_quiet(Servers, Job, Out, Offset);
        true -> under_stream(Servers, Job, Out, Offset)
    end,
    [finish(Server, Entries, Job, Out, Offset) || Server <- Servers].

streamed(#job{rate = Rate, flood = Flood}) -> Rate > 0 orelse Flood > 0.

%% Messages to one server, with room for a machine that is slow.
capacity(#job{flood = Flood}) when Flood > 0 -> 4_000_000;
capacity(#job{rate = Rate}) when Rate > 0 -> Rate * ?LONGEST_S;
capacity(#job{swaps = Swaps, warmup = Warmup}) -> (Swaps + Warmup + 1) * (?BETWEEN + 2).

start(Number, Entries, Job, Directory) ->
    Name = "swap_server" ++ integer_to_list(Number),
    Module = list_to_atom(Name),
    Read = fun(Version) ->
        File = filename:join([Directory, Version, Name ++ ".beam"]),
        {ok, Binary} = file:read_file(File),
        {File, Binary}
    end,
    Binaries = {Read("0"), Read("1")},
    Capacity = capacity(Job),
    Times = atomics:new(3 * Capacity, []),
    Total = counters:new(1, []),
    {File, Binary} = element(1, Binaries),
    {module, Module} = code:load_binary(Module, File, Binary),
    {ok, Pid} = Module:start_link(Number, Entries, Times, Total),
    #server{number = Number, module = Module, pid = Pid, sent = counters:new(1, []), total = Total,
            times = Times, binaries = Binaries}.

%% --- one swap

swap(Servers, Version, Job, Out, Offset) ->
    Binaries = [{Module, element(1, B), element(2, B)}
                || #server{module = Module, binaries = Both} <- Servers, B <- [element(Version rem 2 + 1, Both)]],
    Began = now_ns(),
    [code:purge(Module) || #server{module = Module} <- Servers],
    Prepared = case Job#job.load of
        "before" -> load(Binaries);
        "finish" -> {ok, P} = code:prepare_loading(Binaries), P;
        "inside" -> none
    end,
    Disabled = now_ns(),
    [ok = sys:suspend(Pid) || #server{pid = Pid} <- Servers],
    case Job of
        #job{first = "waiting", rate = 0, flood = 0} -> [cast(Server, Job) || Server <- Servers];
        _ -> ok
    end,
    case Job#job.load of
        "before" -> ok;
        "finish" -> ok = code:finish_loading(Prepared);
        "inside" -> load(Binaries)
    end,
    case Job#job.abort of
        false ->
            [ok = sys:change_code(Pid, Module, undefined, {Version, Job#job.migrate})
             || #server{pid = Pid, module = Module} <- Servers];
        true ->
            [{error, _} = sys:change_code(Pid, Module, undefined, refused)
             || #server{pid = Pid, module = Module} <- Servers],
            %% The old state cannot go on with the new code.
            [code:purge(Module) || #server{module = Module} <- Servers],
            load([{Module, File, Binary}
                  || #server{module = Module, binaries = {{File, Binary}, _}} <- Servers])
    end,
    [ok = sys:resume(Pid) || #server{pid = Pid} <- Servers],
    case Job of
        #job{first = "call", rate = 0, flood = 0} -> [call(Server, Job) || Server <- Servers];
        _ -> ok
    end,
    Ended = now_ns(),
    line(Out, io_lib:format("swap ~b ~b ~b", [Began - Offset, Disabled - Offset, Ended - Offset])).

load(Binaries) ->
    [{module, Module} = code:load_binary(Module, File, Binary) || {Module, File, Binary} <- Binaries],
    ok.

next(#server{sent = Sent}) ->
    counters:add(Sent, 1, 1),
    counters:get(Sent, 1).

cast(Server = #server{pid = Pid}, #job{touch = Touch}) -> gen_server:cast(Pid, {tick, next(Server), Touch}).

call(Server = #server{pid = Pid}, #job{touch = Touch}) -> ok = gen_server:call(Pid, {tick, next(Server), Touch}, infinity).

settled(Servers) -> [ping(Server) || Server <- Servers].

%% --- in quiet

in_quiet(Servers, Job = #job{swaps = Swaps, warmup = Warmup}, Out, Offset) ->
    [begin
        [[cast(Server, Job) || Server <- Servers] || _ <- lists:seq(1, ?BETWEEN)],
        settled(Servers),
        swap(Servers, version(Version, Job), Job, Out, Offset),
        settled(Servers)
     end || Version <- lists:seq(1, Swaps + Warmup)].

%% One that fails is tried again and again.
version(_, #job{abort = true}) -> 1;
version(Version, _) -> Version.

%% Its answer comes when all that was sent before is handled.
ping(#server{pid = Pid}) -> pong = gen_server:call(Pid, ping, infinity).

%% --- under a stream

under_stream(Servers, Job = #job{swaps = Swaps, warmup = Warmup, observations = Observations}, Out, Offset) ->
    Self = self(),
    Stop = counters:new(1, []),
    spawn_link(fun() ->
        stream(Servers, Job, Stop, 1_000_000_000 div max(1, Job#job.rate), now_ns()),
        Self ! stream_ended
    end),
    stream_for(?LEAD_MS),
    Warm = case Swaps of 0 -> 0; _ -> Warmup end,
    [begin
        swap(Servers, version(Version, Job), Job, Out, Offset),
        stream_for(?TAIL_MS)
     end || Version <- lists:seq(1, Warm)],
    [observe(Servers, Warm + I, Job, Out, Offset) || I <- lists:seq(1, Observations)],
    stream_for(?LEAD_MS),
    counters:add(Stop, 1, 1),
    receive stream_ended -> ok end,
    settled(Servers).

observe(Servers, Version, Job = #job{swaps = Swaps, observe = Observe}, Out, Offset) ->
    From = now_ns(),
    case Swaps of
        0 -> stream_for(Observe);
        _ ->
            swap(Servers, version(Version, Job), Job, Out, Offset),
            stream_for(max(?TAIL_MS, Observe - (now_ns() - From) div 1_000_000))
    end,
    line(Out, io_lib:format("observe ~b ~b", [From - Offset, now_ns() - Offset])).

stream_for(Ms) -> timer:sleep(Ms).

%% Sends at the rate, and makes up for what was due meanwhile; yields, so that it delays nobody.
stream(Servers, Job, Stop, Interval, Due) ->
    case counters:get(Stop, 1) of
        1 -> ok;
        0 ->
            Next = case Job#job.flood of
                0 -> due(Servers, Job, Interval, Due, now_ns());
                Flood -> [fill(Server, Flood, Job) || Server <- Servers], Due
            end,
            erlang:yield(),
            stream(Servers, Job, Stop, Interval, Next)
    end.

%% Keeps Flood messages waiting.
fill(Server = #server{sent = Sent, total = Total}, Flood, Job) ->
    case counters:get(Sent, 1) - counters:get(Total, 1) of
        Waiting when Waiting >= Flood -> ok;
        _ -> cast(Server, Job), fill(Server, Flood, Job)
    end.

due(Servers, Job, Interval, Due, Now) when Due =< Now ->
    [cast(Server, Job) || Server <- Servers],
    due(Servers, Job, Interval, Due + Interval, Now);
due(_Servers, _Job, _Interval, Due, _Now) -> Due.

%% --- the end

finish(Server = #server{number = Number, pid = Pid, total = Total, times = Times, sent = Sent}, Entries, Job, Out, Offset) ->
    N = counters:get(Sent, 1),
    {Count, Entries, Hits, 0} = gen_server:call(Pid, {report, Job#job.migrate}, infinity),
    case Job#job.migrate of
        true -> N = Hits;
        false -> ok
    end,
    line(Out, io_lib:format("sent ~b ~b", [Number, N])),
    line(Out, io_lib:format("total ~b ~b", [Number, counters:get(Total, 1)])),
    line(Out, io_lib:format("state ~b ~b", [Number, Count])),
    handled(Server, Times, 1, N, Out, Offset).

handled(_Server, _Times, Seq, N, _Out, _Offset) when Seq > N -> ok;
handled(Server = #server{number = Number}, Times, Seq, N, Out, Offset) ->
    %% A message that was never handled has the time 0.
    Time = case atomics:get(Times, 3 * Seq - 2) of 0 -> 0; T -> T - Offset end,
    Words = [Number, Seq, atomics:get(Times, 3 * Seq - 1), atomics:get(Times, 3 * Seq), Time],
    line(Out, ["handled", [[$\s, integer_to_binary(Word)] || Word <- Words]]),
    handled(Server, Times, Seq + 1, N, Out, Offset).
