//! What a validator does when its disk is full, damaged, somebody else's or of a later version. One validator is a chain
//! of its own, so each test runs one process.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use genesis::{Account, Asset, ChainSpec, Parameters, Validator};
use jsonrpsee::http_client::HttpClientBuilder;
use node::home::{Config, Home, KeyFile, KeyKind, NETWORK_KEY, VALIDATOR_KEY};
use node::network::peer_id_of;
use rpc::BaroApiClient;
use types::{Address, Amount};

use crate::localnet::{BARO, PATIENCE, now};
use crate::turn::Turn;

/// The home of the only validator of a chain.
struct Only {
    home: PathBuf,
    port: u16,
}

impl Only {
    fn create(home: &Path, port: u16) -> Only {
        let (consensus, network) = (KeyFile::generate(KeyKind::Validator), KeyFile::generate(KeyKind::Network));
        consensus.write(&home.join(VALIDATOR_KEY), false).unwrap();
        network.write(&home.join(NETWORK_KEY), false).unwrap();
        let address = format!("/ip4/127.0.0.1/tcp/{port}");
        let validator = Validator {
            name: "only".to_owned(),
            key: consensus.public_key,
            peer_id: peer_id_of(&network.secret_key().seed()),
            address: address.clone(),
        };
        let issuer = Address([1; 20]);
        let spec = ChainSpec {
            chain_id: "disks".to_owned(),
            timestamp: now(),
            parameters: Parameters { heartbeat_millis: 100, ..Parameters::default() },
            validators: vec![validator],
            assets: vec![Asset::new("KRW", 0, issuer)],
            accounts: vec![Account { address: issuer, balances: BTreeMap::from([("KRW".to_owned(), Amount(1))]) }],
        };
        let hash = spec.clone().genesis().unwrap().hash();
        let socket = |offset| format!("127.0.0.1:{}", port + offset).parse().unwrap();
        Home::create(home, Config::new(hash, address, socket(1), socket(2)), &spec.to_toml()).unwrap();
        Only { home: home.to_owned(), port }
    }

    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    fn start(&self) -> Running {
        let child = Command::new(BARO)
            .args(["node", "--until-stdin-closes", "--home"])
            .arg(&self.home)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Running(child)
    }

    /// Waits until its finalized height is at least this, and returns it.
    fn reaches(&self, height: u64) -> u64 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = HttpClientBuilder::default().build(format!("http://127.0.0.1:{}", self.port + 1)).unwrap();
            let start = Instant::now();
            loop {
                match client.status().await {
                    Ok(status) if status.height.0 >= height => return status.height.0,
                    answer => assert!(start.elapsed() < PATIENCE, "height {height} was not reached: {answer:?}"),
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
    }

    /// Runs until some blocks are final, then stops. Returns the height.
    fn run_some_blocks(&self) -> u64 {
        let running = self.start();
        let height = self.reaches(5);
        running.stop();
        height
    }

    /// Starts it, which fails: its last words.
    fn is_refused(&self) -> String {
        self.start().fails()
    }
}

/// A process that is killed when it is dropped.
struct Running(Child);

impl Running {
    /// It ends by itself with the exit code of a failure: its last words.
    fn fails(mut self) -> String {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < PATIENCE, "it goes on");
            std::thread::sleep(Duration::from_millis(20));
        };
        let mut words = String::new();
        self.0.stderr.take().unwrap().read_to_string(&mut words).unwrap();
        assert_eq!(status.code(), Some(1), "{words}");
        words.lines().rfind(|line| line.starts_with("baro: ")).unwrap_or_else(|| panic!("{words}")).to_owned()
    }

    /// Its standard input closes, as when whoever started it ends.
    fn stop(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Does nothing if it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_data_of_another_chain_is_refused_by_name() {
    let _turn = Turn::take();
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (Only::create(&dir.path().join("one"), 23_100), Only::create(&dir.path().join("other"), 23_110));
    one.run_some_blocks();
    std::fs::rename(one.data(), other.data()).unwrap();
    let words = other.is_refused();
    assert!(words.contains("belongs to the chain") && words.contains("other/data"), "{words}");
}

#[test]
fn data_of_a_later_version_are_refused_and_left_alone() {
    let _turn = Turn::take();
    let dir = tempfile::tempdir().unwrap();
    let only = Only::create(&dir.path().join("home"), 23_120);
    only.run_some_blocks();
    let marker = only.data().join("BARO");
    let present = std::fs::read_to_string(&marker).unwrap();
    let later = present.lines().map(|line| match line.strip_prefix("format ") {
        Some(number) => format!("format {}\n", number.parse::<u32>().unwrap() + 1),
        None => format!("{line}\n"),
    });
    std::fs::write(&marker, later.collect::<String>()).unwrap();
    let words = only.is_refused();
    assert!(words.contains("run the version that wrote it") && words.contains("home/data"), "{words}");
    // The right version goes on where it was.
    std::fs::write(&marker, present).unwrap();
    only.run_some_blocks();
}

#[test]
fn garbage_in_a_volume_is_refused_by_name() {
    let _turn = Turn::take();
    let dir = tempfile::tempdir().unwrap();
    let only = Only::create(&dir.path().join("home"), 23_130);
    only.run_some_blocks();
    let log = only.data().join("volumes/00000001/db");
    let length = std::fs::metadata(&log).unwrap().len() as usize;
    std::fs::write(&log, vec![0xa5; length]).unwrap();
    let words = only.is_refused();
    assert!(words.contains("volumes/00000001"), "{words}");
}

/// A small disk of its own, unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(path: &Path) -> Result<SmallDisk, String> {
        std::fs::create_dir_all(path).unwrap();
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", "size=48m", "tmpfs"]).arg(path).output();
        match output {
            Ok(output) if output.status.success() => Ok(SmallDisk(path.to_owned())),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Takes all the space that is left. Returns the file that does.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("filler");
        let mut file = std::fs::File::create(&path).unwrap();
        while file.write_all(&[1; 4 << 10]).is_ok() {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_told_by_name_and_space_lets_the_validator_go_on() {
    let _turn = Turn::take();
    let dir = tempfile::tempdir().unwrap();
    let disk = match SmallDisk::mount(&dir.path().join("disk")) {
        Ok(disk) => disk,
        Err(why) => {
            eprintln!("skipped: this machine does not let us mount a small disk: {why}");
            return;
        }
    };
    let only = Only::create(&disk.0.join("home"), 23_140);
    let running = only.start();
    let before = only.reaches(5);
    let filler = disk.fill();
    // What it writes ahead has its space: it goes on until that is to be put where it stays.
    let before = only.reaches(before + 2);
    running.stop();
    let words = only.is_refused();
    assert!(words.contains("check free space") && words.contains("home/data"), "{words}");
    std::fs::remove_file(filler).unwrap();
    let running = only.start();
    only.reaches(before + 5);
    running.stop();
}
