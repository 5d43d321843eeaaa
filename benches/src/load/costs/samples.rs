//! A validator's metrics, read over HTTP.

use anyhow::{Context, ensure};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Request, Uri, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A page of metrics is never so long.
const MAX_PAGE_BYTES: usize = 1 << 20;

/// The lines of a page in the OpenMetrics text format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Samples(String);

impl Samples {
    /// Reads the page at an `http` address.
    pub(super) async fn fetch(url: &str) -> anyhow::Result<Samples> {
        let uri: Uri = url.parse().with_context(|| format!("{url} is no address"))?;
        let authority = uri.authority().with_context(|| format!("{url} names no host"))?.to_string();
        let stream = TcpStream::connect(&authority).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let request = Request::get(uri.path()).header(header::HOST, &authority).body(Empty::<Bytes>::new())?;
        let response = sender.send_request(request).await?;
        ensure!(response.status().is_success(), "{url} answers {}", response.status());
        let body = Limited::new(response.into_body(), MAX_PAGE_BYTES).collect().await;
        connection.abort();
        let body = body.map_err(|error| anyhow::anyhow!("{url}: {error}"))?.to_bytes();
        Ok(Samples(String::from_utf8(body.to_vec())?))
    }

    /// The value of the sample of this name whose labels are `labels`, as they are written; zero where there is none.
    pub(super) fn value(&self, name: &str, labels: &str) -> f64 {
        let mut values = self.0.lines().filter_map(|line| {
            let rest = line.strip_prefix(name)?;
            let (found, value) = match rest.strip_prefix('{') {
                Some(rest) => rest.split_once("} ")?,
                None => ("", rest.strip_prefix(' ')?),
            };
            (found == labels).then(|| value.parse().ok())?
        });
        values.next_back().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_found_by_name_and_labels() {
        let page = "# TYPE a counter\na_total{stage=\"x\"} 1.5\na_total{stage=\"y\"} 2\nab_total 7\n# EOF\n";
        let samples = Samples(page.to_owned());
        assert_eq!(samples.value("a_total", "stage=\"y\""), 2.0);
        assert_eq!(samples.value("a_total", ""), 0.0);
        assert_eq!(samples.value("ab_total", ""), 7.0);
        assert_eq!(samples.value("a", ""), 0.0);
    }
}
