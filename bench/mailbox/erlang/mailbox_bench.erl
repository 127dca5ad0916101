%% The measuring program of Erlang/OTP: what talk_bench does (it stops when a message is missing), as lines.
-module(mailbox_bench).
-export([main/0]).

main() ->
    try
        [What, Batches, Size, Output] = init:get_plain_arguments(),
        {ok, Out} = file:open(Output, [write, raw, delayed_write]),
        Line = fun(Words) -> ok = file:write(Out, [lists:join($\s, Words), $\n]) end,
        Line(["fact", "otp", erlang:system_info(otp_release)]),
        Write = fun(Batch) -> Line(["batch", integer_to_list(Batch)]) end,
        Bench = case What of "ask" -> fun talk_bench:ask/3; "cast" -> fun talk_bench:send/3 end,
        Bench(list_to_integer(Batches), list_to_integer(Size), Write),
        ok = file:close(Out),
        halt(0)
    catch
        Class:Reason:Stack ->
            io:format(standard_error, "~p: ~p~n~p~n", [Class, Reason, Stack]),
            halt(1)
    end.
