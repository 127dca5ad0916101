%% The server under test: the counterpart of the modules that hitless/bundles.ts generates. It is compiled twice,
%% with VSN 0 and 1, and under one name for each server of a group. What it handles is written down by sequence number.
-module(swap_server).
-behaviour(gen_server).
-export([start_link/4, init/1, handle_call/3, handle_cast/2, code_change/3]).

-record(state, {server, count = 0, version = 0, rows, times, total}).
-record(row, {id, metric, text, hits = 0, version = 0}).

%% Times: an atomics array with a time and a version for each message; Total: a counter of all that was handled.
start_link(Server, Entries, Times, Total) ->
    gen_server:start_link(?MODULE, {Server, Entries, Times, Total}, []).

init({Server, Entries, Times, Total}) ->
    Rows = maps:from_list([{I, #row{id = I, metric = I rem 100, text = integer_to_binary(I rem 1000)}}
                           || I <- lists:seq(0, Entries - 1)]),
    {ok, #state{server = Server, rows = Rows, times = Times, total = Total}}.

handle_cast({tick, Seq, Touch}, State) ->
    {noreply, handle(Seq, Touch, State)}.

handle_call({tick, Seq, Touch}, _From, State) ->
    {reply, ok, handle(Seq, Touch, State)};
handle_call(ping, _From, State) ->
    {reply, pong, State};
handle_call({report, Migrated}, _From, State = #state{rows = Rows, count = Count}) ->
    Version = case Migrated of true -> State#state.version; false -> 0 end,
    {Hits, Stale} = maps:fold(
        fun(_, #row{hits = H, version = V}, {Sum, Old}) ->
            {Sum + H, case V of Version -> Old; _ -> Old + 1 end}
        end, {0, 0}, Rows),
    {reply, {Count, map_size(Rows), Hits, Stale}, State}.

handle(Seq, Touch, State = #state{count = Count, version = Version, rows = Rows, times = Times, total = Total}) ->
    NewRows = case Touch of
        false -> Rows;
        Entries ->
            Key = Seq rem Entries,
            Row = maps:get(Key, Rows),
            Rows#{Key := Row#row{hits = Row#row.hits + 1}}
    end,
    counters:add(Total, 1, 1),
    %% The code's version is known only by its last bit.
    Code = case Version rem 2 of ?VSN -> Version; _ -> Version + 1 end,
    atomics:put(Times, 3 * Seq - 2, erlang:monotonic_time(nanosecond)),
    atomics:put(Times, 3 * Seq - 1, Version),
    atomics:put(Times, 3 * Seq, Code),
    State#state{count = Count + 1, rows = NewRows}.

code_change(_OldVsn, _State, refused) ->
    {error, refused};
code_change(_OldVsn, State, {Version, false}) ->
    {ok, State#state{version = Version}};
code_change(_OldVsn, State = #state{rows = Rows}, {Version, true}) ->
    {ok, State#state{version = Version, rows = maps:map(fun(_, Row) -> Row#row{version = Version} end, Rows)}}.
