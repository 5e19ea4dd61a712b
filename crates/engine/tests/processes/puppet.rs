//! A worker that does one thing after the other, as it is told.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::Arc;
use std::time::Duration;

use plinth_api::{Code, Error, Result, Transaction};
use plinth_testkit::ledger::retry;

use super::job::Said;
use super::worker::{say, set, Session};

struct Puppet {
    session: Session,
    /// The numbers of keyspaces as they were when opened.
    ids: HashMap<String, u32>,
    /// A transaction that stays open between words.
    open: Option<Arc<dyn Transaction>>,
}

/// Obeys until told to stop.
pub fn work(session: Session, words: &Receiver<String>) {
    let mut puppet = Puppet { session, ids: HashMap::new(), open: None };
    loop {
        let text = match words.recv_timeout(Duration::from_millis(5)) {
            Ok(text) => text,
            Err(RecvTimeoutError::Timeout) => {
                puppet.session.look();
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let words: Vec<&str> = text.split(' ').collect();
        if words == ["stop"] {
            break;
        }
        let answer = match puppet.obey(&words) {
            Ok(text) => Said::Answer(0, text),
            Err(error) => Said::Answer(error.code().number(), error.story()),
        };
        puppet.session.look();
        say(&answer);
    }
    drop(puppet.open);
    puppet.session.close();
}

impl Puppet {
    fn obey(&mut self, words: &[&str]) -> Result<String> {
        let database = self.session.database.clone();
        match *words {
            ["open", name] => {
                let id = database.open_keyspace(name)?.id;
                self.ids.insert(name.to_owned(), id);
                return Ok(id.to_string());
            }
            ["find", name] => return Ok(format!("{:?}", database.find_keyspace(name)?.map(|keyspace| keyspace.id))),
            ["list"] => return Ok(database.list_keyspaces()?.join(" ")),
            ["drop", name] => database.drop_keyspace(name)?,
            ["put", name, key, value] => set(&self.session, self.id(name)?, key, value.as_bytes())?,
            ["number", name, key, value] => {
                let value = value.parse::<u64>().unwrap_or(0);
                set(&self.session, self.id(name)?, key, &value.to_be_bytes())?;
            }
            ["get", name, key] => {
                let id = self.id(name)?;
                return retry(&*database, |transaction| read(transaction, id, key));
            }
            ["checkpoint", to] => return database.checkpoint(to, &()).map(|version| version.to_string()),
            ["cancelled", to] => return database.checkpoint(to, &|_, _| false).map(|version| version.to_string()),
            ["backup", to] => return database.backup(to, &()).map(|backup| backup.version.to_string()),
            ["verify"] => return database.verify(&()).map(|found| found.keys.to_string()),
            ["compact"] => database.compact(None, &())?,
            ["begin"] => self.open = Some(database.begin()?),
            ["tput", name, key, value] => self.open()?.set(self.id(name)?, key.as_bytes(), value.as_bytes())?,
            ["tget", name, key] => return read(&*self.open()?, self.id(name)?, key),
            ["tcommit"] => self.open()?.commit()?,
            _ => return Err(Error::new(Code::INVALID_ARGUMENT).context(format!("nobody knows {words:?}"))),
        }
        Ok(String::new())
    }

    fn id(&self, name: &str) -> Result<u32> {
        self.ids.get(name).copied().ok_or_else(|| Code::INVALID_ARGUMENT.into())
    }

    fn open(&self) -> Result<Arc<dyn Transaction>> {
        self.open.clone().ok_or_else(|| Code::INVALID_ARGUMENT.into())
    }
}

fn read(transaction: &dyn Transaction, keyspace: u32, key: &str) -> Result<String> {
    let value = transaction.get(keyspace, key.as_bytes(), false)?;
    Ok(value.map_or("absent".to_owned(), |value| String::from_utf8_lossy(&value).into_owned()))
}
