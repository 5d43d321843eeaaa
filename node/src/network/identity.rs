//! Transport keys, peer ids and addresses, so that nobody else needs libp2p to name a validator.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use libp2p::{
    Multiaddr, PeerId,
    identity::{self, Keypair},
    multiaddr::Protocol,
};

use super::error::ParseError;

/// The transport key of 32 secret bytes (an ed25519 seed).
pub fn keypair(secret: &[u8; 32]) -> Keypair {
    // libp2p wipes what it is given.
    let mut seed = *secret;
    Keypair::ed25519_from_bytes(&mut seed).expect("any 32 bytes are an ed25519 seed")
}

/// The peer id, in base58, of the key of 32 secret bytes.
pub fn peer_id_of(secret: &[u8; 32]) -> String {
    keypair(secret).public().to_peer_id().to_base58()
}

/// The peer id of an ed25519 public key of 32 bytes.
pub fn peer_id_of_public_key(public_key: &[u8]) -> Result<PeerId, ParseError> {
    let key = identity::ed25519::PublicKey::try_from_bytes(public_key)
        .map_err(|error| ParseError::PublicKey(error.to_string()))?;
    Ok(identity::PublicKey::from(key).to_peer_id())
}

/// Reads a peer id in base58.
pub fn parse_peer_id(text: &str) -> Result<PeerId, ParseError> {
    text.parse()
        .map_err(|error: identity::ParseError| ParseError::PeerId { text: text.to_owned(), reason: error.to_string() })
}

/// Reads an address: `/ip4/<address>/tcp/<port>`, `/ip6/...`, or `/dns/<host>/tcp/<port>` (also `dns4`, `dns6`).
pub fn parse_address(text: &str) -> Result<Multiaddr, ParseError> {
    let refuse = |reason: String| ParseError::Address { text: text.to_owned(), reason };
    let address: Multiaddr = text.parse().map_err(|error: libp2p::multiaddr::Error| refuse(error.to_string()))?;
    match host_and_port(&address) {
        Some(_) => Ok(address),
        None => Err(refuse("it is not a host with a TCP port".to_owned())),
    }
}

enum Host {
    Ip(IpAddr),
    Name { name: String, accept: fn(&IpAddr) -> bool },
}

fn host_and_port(address: &Multiaddr) -> Option<(Host, u16)> {
    let mut parts = address.iter();
    let host = match parts.next()? {
        Protocol::Ip4(ip) => Host::Ip(ip.into()),
        Protocol::Ip6(ip) => Host::Ip(ip.into()),
        Protocol::Dns(name) => Host::Name { name: name.into_owned(), accept: |_| true },
        Protocol::Dns4(name) => Host::Name { name: name.into_owned(), accept: IpAddr::is_ipv4 },
        Protocol::Dns6(name) => Host::Name { name: name.into_owned(), accept: IpAddr::is_ipv6 },
        _ => return None,
    };
    match (parts.next()?, parts.next()) {
        (Protocol::Tcp(port), None) => Some((host, port)),
        _ => None,
    }
}

/// The socket address of an address without a host name.
pub(super) fn socket_address(address: &Multiaddr) -> Option<SocketAddr> {
    match host_and_port(address)? {
        (Host::Ip(ip), port) => Some(SocketAddr::new(ip, port)),
        (Host::Name { .. }, _) => None,
    }
}

/// The address of a socket address.
pub(super) fn address_of(socket: SocketAddr) -> Multiaddr {
    Multiaddr::from(socket.ip()).with(Protocol::Tcp(socket.port()))
}

/// The addresses to dial now. Host names are asked for each time, because containers move.
pub(super) async fn resolve(address: &Multiaddr) -> io::Result<Vec<Multiaddr>> {
    let Some((Host::Name { name, accept }, port)) = host_and_port(address) else {
        return Ok(vec![address.clone()]);
    };
    let found = tokio::net::lookup_host((name, port)).await?;
    Ok(found.filter(|socket| accept(&socket.ip())).map(address_of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_secret_names_one_peer() {
        let secret = [7; 32];
        let peer_id = parse_peer_id(&peer_id_of(&secret)).unwrap();
        let public_key = keypair(&secret).public().try_into_ed25519().unwrap().to_bytes();
        assert_eq!(peer_id, peer_id_of_public_key(&public_key).unwrap());
        assert_ne!(peer_id_of(&secret), peer_id_of(&[8; 32]));
    }

    #[test]
    fn refusals_name_what_was_read() {
        assert!(matches!(parse_peer_id("nobody"), Err(ParseError::PeerId { text, .. }) if text == "nobody"));
        assert!(matches!(peer_id_of_public_key(&[1; 31]), Err(ParseError::PublicKey(_))));
        for text in ["", "127.0.0.1:9000", "/ip4/127.0.0.1", "/ip4/127.0.0.1/udp/9000", "/tcp/9000", "/dns/host"] {
            assert!(matches!(parse_address(text), Err(ParseError::Address { .. })), "{text}");
        }
    }

    #[tokio::test]
    async fn a_host_name_is_resolved_and_an_ip_address_is_kept() {
        let named = resolve(&parse_address("/dns4/localhost/tcp/9000").unwrap()).await.unwrap();
        assert!(named.contains(&parse_address("/ip4/127.0.0.1/tcp/9000").unwrap()), "{named:?}");
        let plain = parse_address("/ip6/::1/tcp/9000").unwrap();
        assert_eq!(resolve(&plain).await.unwrap(), vec![plain]);
    }
}
