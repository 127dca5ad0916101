%% Calls and casts to a gen_server: the counterpart of hitless/talk.ts.
-module(talk_bench).
-behaviour(gen_server).
-export([ask/3, send/3, init/1, handle_call/3, handle_cast/2]).

ask(Batches, Size, Write) ->
    {ok, Server} = gen_server:start_link(?MODULE, server, []),
    Warmup = (Batches + 9) div 10,
    Times = [batch(Server, Size) || _ <- lists:seq(1, Warmup + Batches)],
    Total = (Warmup + Batches) * Size,
    Total = gen_server:call(Server, total),
    lists:foreach(Write, lists:nthtail(Warmup, Times)).

batch(Server, Size) ->
    Began = erlang:monotonic_time(nanosecond),
    calls(Server, 0, Size),
    erlang:monotonic_time(nanosecond) - Began.

calls(_Server, Size, Size) -> ok;
calls(Server, I, Size) ->
    Answer = gen_server:call(Server, {get, I}),
    Answer = I + 1,
    calls(Server, I + 1, Size).

%% A client casts a burst; when its last message is handled, the server asks for another one.
send(Batches, Size, Write) ->
    Warmup = (Batches + 9) div 10,
    {ok, Client} = gen_server:start_link(?MODULE, client, []),
    {ok, Server} = gen_server:start_link(?MODULE, {server, Client, Warmup + Batches, self()}, []),
    gen_server:cast(Client, {burst, Server, Size}),
    Times = receive {times, T} -> T end,
    Total = (Warmup + Batches) * Size,
    Total = gen_server:call(Server, total),
    lists:foreach(Write, lists:nthtail(Warmup, Times)).

init({server, Client, Bursts, Driver}) ->
    {ok, #{handled => 0, client => Client, left => Bursts, driver => Driver, times => [],
           began => erlang:monotonic_time(nanosecond)}};
init(_) ->
    {ok, #{handled => 0}}.

handle_call({get, I}, _From, State = #{handled := Handled}) ->
    {reply, I + 1, State#{handled := Handled + 1}};
handle_call(total, _From, State = #{handled := Handled}) ->
    {reply, Handled, State}.

handle_cast({burst, Server, Size}, State) ->
    [gen_server:cast(Server, {cast, I, Size}) || I <- lists:seq(1, Size)],
    {noreply, State};
handle_cast({cast, Size, Size}, State = #{handled := Handled, left := Left, began := Began, times := Times}) ->
    Time = erlang:monotonic_time(nanosecond),
    All = [Time - Began | Times],
    case Left of
        1 -> maps:get(driver, State) ! {times, lists:reverse(All)};
        _ -> gen_server:cast(maps:get(client, State), {burst, self(), Size})
    end,
    {noreply, State#{handled := Handled + 1, left := Left - 1, began := Time, times := All}};
handle_cast({cast, _, _}, State = #{handled := Handled}) ->
    {noreply, State#{handled := Handled + 1}}.
