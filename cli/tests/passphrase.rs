//! The keyring's question reaches who is to answer it, and the answer the keyring.
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

#[test]
fn a_person_is_asked_and_heard() {
    let folder = std::env::temp_dir().join(format!("palisade-asked-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let wasmd = folder.join("wasmd");
    let script = "#!/bin/sh\n\
        case \"$1\" in\n\
        status) echo '{\"network\":\"host-1\"}' ;;\n\
        keys) printf 'noise\\nEnter keyring passphrase:' >&2; read -r word; echo \"heard $word\" >&2; exit 1 ;;\n\
        *) exit 1 ;;\n\
        esac\n";
    std::fs::write(&wasmd, script).unwrap();
    std::fs::set_permissions(&wasmd, std::fs::Permissions::from_mode(0o755)).unwrap();
    let config = include_str!("common/suite.toml");
    let binary = format!("binary = \"{}\"\nchain_id = \"host-1\"", wasmd.display());
    let config = config.replace("chain_id = \"host-1\"", &binary);
    let config = config.replace("${NODE}", "tcp://host");
    let path = folder.join("config.toml");
    std::fs::write(&path, config).unwrap();
    let state = r#"{"chain_id":"host-1","contracts":{"delegation":"wasm1d","vault":"wasm1v"}}"#;
    std::fs::write(folder.join("config.state.json"), state).unwrap();
    let mut tool = Command::new(env!("CARGO_BIN_EXE_palisade"))
        .args([
            "--config",
            &path.display().to_string(),
            "register-operator",
            "north",
        ])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut asked = [0; 25];
    let mut stderr = tool.stderr.take().unwrap();
    // Before it is answered.
    stderr.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"Enter keyring passphrase:");
    tool.stdin.take().unwrap().write_all(b"word\n").unwrap();
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("heard word"), "{rest}");
    assert!(!tool.wait().unwrap().success());
    let _ = std::fs::remove_dir_all(&folder);
}
