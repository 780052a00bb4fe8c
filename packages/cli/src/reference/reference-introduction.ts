/** What docs/cli.md says before the commands. */
export const referenceIntroduction = `# The command line

\`longshore\` does everything that users and administrators do with a master. This page is made from the program; the
same is in \`longshore --help\` and \`longshore COMMAND --help\`.

\`\`\`sh
longshore login http://127.0.0.1:5212 --user admin
longshore put ./photos /
longshore compress /photos --to /photos.zip --wait
longshore preview /photos.zip
longshore extract /photos.zip --to /copy --wait
longshore get /copy ./back
\`\`\`

## Which master, and as whom

The first that is set: \`LONGSHORE_URL\` and \`LONGSHORE_TOKEN\`, then what the last \`longshore login\` has kept in
\`$XDG_CONFIG_HOME/longshore/config.json\` (\`~/.config/longshore/config.json\`, mode 0600). The token that was kept is
sent to no other master than the one it came from. Uploads of big files that were interrupted are remembered in
\`$XDG_STATE_HOME/longshore/uploads\` (\`~/.local/state/longshore/uploads\`).

Scripts use an API token: \`longshore tokens add NAME\`. Passwords are asked for on the terminal without being shown, or
read from standard input with \`--password-stdin\`; they are never arguments.

## Output

Results go to standard output, everything else (progress bars, notes, errors) to standard error. Progress bars are drawn
on a terminal only. With \`--json\` a command prints exactly one document to standard output; \`tasks watch\` and
\`nodes test\` print one a line. \`NO_COLOR\` turns colours off.

An error is two lines, \`error CODE: what happened\` and \`fix: what to do\`; with \`--json\` it is one document on standard
error, in the shape of \`ErrorBody\`.

## Exit codes

| code | meaning |
| --- | --- |
| 0 | done |
| 1 | not done: the master refused it, a task has failed, was canceled or completed with errors, a file was not transferred, a step of \`nodes test\` has failed |
| 2 | wrong usage: an unknown option, a value that can never be right (every answer with status 400) |
| 3 | the master is not reachable, not ready, or does not allow it: signed out, wrong password, forbidden, too many tries (status 401, 403 and 429) |
| 130 | interrupted with Ctrl+C |

\`completed-with-errors\` is 1, because a script that goes on as if everything were there would be wrong;
\`longshore tasks rejected TASK\` lists what is missing.

## Paths and names

Remote paths start with "/", the root of your own files. Tasks are named by their id or the beginning of it, as long as
only one task begins so; nodes and users by name or id.`;
