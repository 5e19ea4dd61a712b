//! What systemd is told: lines to the datagram socket that it names in `NOTIFY_SOCKET` (`sd_notify(3)`).
//! Relies on nothing, and does nothing where there is no such socket.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// Tells systemd the state. That it can't be told is no reason not to serve.
pub fn notify(state: &str) {
    let Some(name) = std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()) else {
        return;
    };
    if let Err(error) = send(&name, state) {
        eprintln!("plinthd: telling systemd at {}: {error}", name.to_string_lossy());
    }
}

fn send(name: &OsStr, state: &str) -> io::Result<()> {
    let address = match name.as_bytes() {
        // An @ stands for the zero byte of a name outside the file system.
        [b'@', rest @ ..] => SocketAddr::from_abstract_name(rest)?,
        _ => SocketAddr::from_pathname(name)?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_write_timeout(Some(Duration::from_secs(2)))?;
    socket.send_to_addr(state.as_bytes(), &address).map(drop)
}
