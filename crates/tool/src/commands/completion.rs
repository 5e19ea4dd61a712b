//! Help, the version, and what completes command lines in the user's own shell.

use std::fmt::Write as _;

use serde_json::json;

use crate::call::Call;
use crate::commands::{self, TABLE};
use crate::context::Context;
use crate::failure::{Failure, Found, Outcome};
use crate::help;
use crate::text::safe;

/// `help [COMMAND]`
pub fn help(context: &mut Context, call: &Call) -> Outcome {
    call.at_most(1)?;
    let text = match call.text(0)? {
        Some(name) => help::of(commands::find(name)?),
        None if context.interactive => help::commands(),
        None => help::general(),
    };
    if context.out.is_json() {
        context.out.value(&json!({ "command": "help", "text": text }))?;
    } else {
        context.out.bytes(text.as_bytes())?;
    }
    Ok(Found::Yes)
}

/// `version`
pub fn version(context: &mut Context, call: &Call) -> Outcome {
    call.at_most(0)?;
    let number = env!("CARGO_PKG_VERSION");
    context
        .out
        .either(|| json!({ "command": "version", "version": number }), || help::version().trim_end().to_owned())?;
    Ok(Found::Yes)
}

/// `completion bash|zsh|fish`
pub fn completion(context: &mut Context, call: &Call) -> Outcome {
    call.at_most(1)?;
    let script = match call.needed_text(0, "shell: bash, zsh or fish")? {
        "bash" => bash(),
        "zsh" => format!("#compdef plinth\nautoload -U +X bashcompinit && bashcompinit\n{}", bash()),
        "fish" => fish(),
        other => return Err(Failure::usage(format!("{} is none of bash, zsh and fish", safe(other)))),
    };
    context.out.bytes(script.as_bytes())?;
    Ok(Found::Yes)
}

/// Options as words, short ones too.
fn options() -> impl Iterator<Item = &'static str> {
    help::OPTIONS.iter().flat_map(|(names, _, _)| names.split(", "))
}

fn names(first: bool) -> String {
    let names = TABLE.iter().filter(|command| command.stands_first() || !first).map(|command| command.name);
    names.collect::<Vec<_>>().join(" ")
}

fn bash() -> String {
    let mut of_commands = String::new();
    for command in TABLE.iter().filter(|command| !command.options.is_empty()) {
        let own: Vec<String> = command.options.iter().map(|option| format!("--{}", option.name)).collect();
        let _ = writeln!(of_commands, "        {}) own='{}' ;;", command.name, own.join(" "));
    }
    format!(
        "# Completes the command lines of plinth(1); written by `plinth completion bash`.
_plinth() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} own= plain=() at
    COMPREPLY=()
    case $before in
        --preset) COMPREPLY=($(compgen -W 'balanced small-memory read-heavy write-heavy' -- \"$word\")); return ;;
        --durability) COMPREPLY=($(compgen -W 'sync buffered' -- \"$word\")); return ;;
        --fdb-client) COMPREPLY=($(compgen -f -- \"$word\")); return ;;
        -e | --execute | -k | --keyspace | --memory-budget) return ;;
    esac
    for ((at = 1; at < COMP_CWORD; at++)); do
        [[ ${{COMP_WORDS[at]}} == -* ]] || plain+=(\"${{COMP_WORDS[at]}}\")
    done
    case ${{plain[0]-}} in
{of_commands}    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W \"{options} $own\" -- \"$word\"))
    elif [[ ${{#plain[@]}} == 0 ]]; then
        COMPREPLY=($(compgen -W '{first}' -- \"$word\") $(compgen -d -- \"$word\"))
    elif [[ ${{#plain[@]}} == 1 && ${{plain[0]}} == help ]]; then
        COMPREPLY=($(compgen -W '{all}' -- \"$word\"))
    elif [[ ${{#plain[@]}} == 1 && \" {first} \" != *\" ${{plain[0]}} \"* ]]; then
        COMPREPLY=($(compgen -W '{all}' -- \"$word\"))
    else
        COMPREPLY=($(compgen -f -- \"$word\"))
    fi
}}
complete -o filenames -F _plinth plinth
",
        options = options().collect::<Vec<_>>().join(" "),
        first = names(true),
        all = names(false),
    )
}

fn fish() -> String {
    let mut script = String::from("# Completes the command lines of plinth(1); written by `plinth completion fish`.\n");
    for command in TABLE {
        let when = if command.stands_first() { "true" } else { "not __fish_use_subcommand" };
        let _ = writeln!(script, "complete -c plinth -n '{when}' -a {} -d '{}'", command.name, quoted(command.summary));
        for option in command.options {
            let needs = if option.value.is_none() { "" } else { " -x" };
            let when = format!("__fish_seen_subcommand_from {}", command.name);
            let help = quoted(option.help);
            let _ = writeln!(script, "complete -c plinth -n '{when}' -l {}{needs} -d '{help}'", option.name);
        }
    }
    for (names, value, help) in help::OPTIONS {
        let mut line = String::from("complete -c plinth");
        for name in names.split(", ") {
            let _ = match name.strip_prefix("--") {
                Some(long) => write!(line, " -l {long}"),
                None => write!(line, " -s {}", name.trim_start_matches('-')),
            };
        }
        let needs = if value.is_empty() { "" } else { " -x" };
        let _ = writeln!(script, "{line}{needs} -d '{}'", quoted(help));
    }
    script
}

/// As it stands between single quotes in fish.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}
