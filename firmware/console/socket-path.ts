/** Where the console socket is, when nobody says otherwise. */

/** `HITLESS_CONSOLE`, or below `/run/hitless` for root, or below the user's own runtime directory. */
export function consolePath(
  environment: Record<string, string | undefined> = process.env,
  user = process.getuid?.(),
): string {
  if (environment.HITLESS_CONSOLE) return environment.HITLESS_CONSOLE;
  if (user === 0) return '/run/hitless/console.sock';
  return `${environment.XDG_RUNTIME_DIR || `/run/user/${user}`}/hitless/console.sock`;
}
