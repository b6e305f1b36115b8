//! An S3 server inside the test process: real HTTP, real signatures, exact conditions, and faults by seed.
//!
//! All objects live in one map behind one lock, so of any number of racing creates exactly one wins and a
//! compare-and-swap by ETag loses no update. Faults strike where S3 really fails: before a request is
//! served, and between the write and its reply.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures::StreamExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use s3s::auth::SimpleAuth;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CommonPrefix,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput,
    CopyObjectResult, CopySource, CreateMultipartUploadInput, CreateMultipartUploadOutput,
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject,
    ETag, ETagCondition, GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput,
    HeadObjectInput, HeadObjectOutput, ListObjectsV2Input, ListObjectsV2Output, PutObjectInput,
    PutObjectOutput, StreamingBlob, UploadPartInput, UploadPartOutput,
};
use s3s::service::S3ServiceBuilder;
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

pub const ACCESS_KEY_ID: &str = "lakewire-test";
pub const SECRET_ACCESS_KEY: &str = "not-a-secret-at-all";
pub const BUCKET: &str = "lake";

/// How often, in thousandths, each thing goes wrong; drawn from one seed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    pub seed: u64,
    /// 503 before anything is done.
    pub unavailable: u32,
    /// The request waits up to 50 ms first.
    pub delayed: u32,
    /// A write is done, then answered with 500.
    pub applied_then_500: u32,
    /// A write is done, then the connection closes without an answer.
    pub applied_then_closed: u32,
    /// A create finds, as it seems, that another was first, although nothing is there.
    pub lost_create: u32,
}

impl Faults {
    /// Some of everything that a client must survive.
    pub fn rough(seed: u64) -> Faults {
        Faults {
            seed,
            unavailable: 30,
            delayed: 50,
            applied_then_500: 20,
            applied_then_closed: 20,
            lost_create: 0,
        }
    }
}

/// A running server; it stops when this is dropped.
pub struct S3Server {
    pub address: SocketAddr,
    backend: Arc<Backend>,
    _stop: DropGuard,
}

impl S3Server {
    /// Listens on a free port of 127.0.0.1, with one empty bucket named `lake`.
    pub async fn start() -> S3Server {
        let backend = Arc::new(Backend::default());
        backend.buckets.lock().insert(BUCKET.to_owned(), BTreeMap::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let stop = CancellationToken::new();
        tokio::spawn(serve(listener, Arc::clone(&backend), stop.clone()));
        S3Server { address, backend, _stop: stop.drop_guard() }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Writes to keys that hold `part` fail from now on; None ends it.
    pub fn set_closed(&self, part: Option<&str>) {
        *self.backend.closed.lock() = part.map(str::to_owned);
    }

    /// From now on things go wrong; `Faults::default()` ends it.
    pub fn set_faults(&self, faults: Faults) {
        *self.backend.faults.lock() = (faults, StdRng::seed_from_u64(faults.seed));
    }

    /// Refuses everything with 503 until it is set to false again.
    pub fn set_down(&self, down: bool) {
        self.backend.down.store(down, Ordering::SeqCst);
    }

    /// A store that takes "only if absent" for decoration: every racing create wins.
    pub fn set_careless(&self, careless: bool) {
        self.backend.careless.store(careless, Ordering::SeqCst);
    }

    /// Every key of the bucket, sorted.
    pub fn keys(&self) -> Vec<String> {
        self.backend.buckets.lock()[BUCKET].keys().cloned().collect()
    }

    pub fn get(&self, key: &str) -> Option<Bytes> {
        self.backend.buckets.lock()[BUCKET].get(key).map(|object| object.body.clone())
    }

    pub fn put(&self, key: &str, body: impl Into<Bytes>) {
        let object = self.backend.object(body.into());
        let mut buckets = self.backend.buckets.lock();
        buckets.get_mut(BUCKET).expect("made at the start").insert(key.to_owned(), object);
    }

    /// Requests answered so far, faults included.
    pub fn requests(&self) -> u64 {
        self.backend.requests.load(Ordering::Relaxed)
    }

    /// Keys of which something was read since the last call.
    pub fn take_read(&self) -> Vec<String> {
        std::mem::take(&mut *self.backend.read.lock())
    }

    /// Faults struck so far.
    pub fn struck(&self) -> u64 {
        self.backend.struck.load(Ordering::Relaxed)
    }
}

async fn serve(listener: TcpListener, backend: Arc<Backend>, stop: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((socket, _)) = accepted else { continue };
        // Without it every small answer waits 40 ms for an acknowledgement.
        socket.set_nodelay(true).expect("a TCP socket takes it");
        let cut = Arc::new(AtomicBool::new(false));
        let door = Door { backend: Arc::clone(&backend), cut: Arc::clone(&cut) };
        let mut service = S3ServiceBuilder::new(door);
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY_ID, SECRET_ACCESS_KEY));
        let (service, stop) = (service.build(), stop.clone());
        tokio::spawn(async move {
            let http = Builder::new(TokioExecutor::new());
            let io = TokioIo::new(Cuttable { socket, cut });
            tokio::select! {
                () = stop.cancelled() => {}
                // A client that goes away, or a cut connection, is no news.
                _ = http.serve_connection(io, service) => {}
            }
        });
    }
}

/// A socket that can be made to close instead of answering.
struct Cuttable {
    socket: TcpStream,
    cut: Arc<AtomicBool>,
}

impl AsyncRead for Cuttable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        if self.cut.load(Ordering::SeqCst) {
            return Poll::Ready(Err(std::io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.socket).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[derive(Clone)]
struct Object {
    body: Bytes,
    tag: String,
    modified: SystemTime,
}

struct Upload {
    key: String,
    parts: BTreeMap<i32, Bytes>,
}

type Keys = BTreeMap<String, Object>;

struct Backend {
    buckets: Mutex<BTreeMap<String, Keys>>,
    uploads: Mutex<BTreeMap<String, Upload>>,
    faults: Mutex<(Faults, StdRng)>,
    down: AtomicBool,
    careless: AtomicBool,
    /// Writes to keys that hold this are refused.
    closed: Mutex<Option<String>>,
    counter: AtomicU64,
    requests: AtomicU64,
    struck: AtomicU64,
    /// Keys of which something was read, in the order of asking.
    read: Mutex<Vec<String>>,
}

impl Default for Backend {
    fn default() -> Self {
        Backend {
            buckets: Mutex::default(),
            uploads: Mutex::default(),
            faults: Mutex::new((Faults::default(), StdRng::seed_from_u64(0))),
            down: AtomicBool::new(false),
            careless: AtomicBool::new(false),
            closed: Mutex::default(),
            counter: AtomicU64::new(1),
            requests: AtomicU64::new(0),
            struck: AtomicU64::new(0),
            read: Mutex::default(),
        }
    }
}

impl Backend {
    /// A tag that no other write ever gets, so that a comparison by tag is exact.
    fn object(&self, body: Bytes) -> Object {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        Object { body, tag: format!("{number:032x}"), modified: SystemTime::now() }
    }

    fn strikes(&self, which: impl Fn(&Faults) -> u32) -> bool {
        let mut faults = self.faults.lock();
        let odds = which(&faults.0);
        let struck = odds > 0 && faults.1.random_range(0..1000) < odds;
        if struck {
            self.struck.fetch_add(1, Ordering::Relaxed);
        }
        struck
    }

    /// What may go wrong before a request is served.
    async fn before(&self) -> S3Result<()> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if self.strikes(|faults| faults.delayed) {
            let wait = self.faults.lock().1.random_range(1..50);
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
        if self.down.load(Ordering::SeqCst) || self.strikes(|faults| faults.unavailable) {
            return Err(s3_error!(ServiceUnavailable, "a fault of the test"));
        }
        Ok(())
    }

    fn read(&self, bucket: &str, key: &str) -> S3Result<Object> {
        let buckets = self.buckets.lock();
        let keys = buckets.get(bucket).ok_or_else(no_bucket)?;
        keys.get(key).cloned().ok_or_else(|| S3Error::new(S3ErrorCode::NoSuchKey))
    }

    /// Whether a write to this key is refused before anything is done.
    fn refuse(&self, key: &str) -> S3Result<()> {
        match self.closed.lock().as_deref() {
            Some(part) if key.contains(part) => {
                Err(s3_error!(ServiceUnavailable, "a fault of the test, for this key"))
            }
            _ => Ok(()),
        }
    }

    /// The one place where a key changes: condition and write under the same lock.
    fn write(
        &self,
        bucket: &str,
        key: String,
        body: Bytes,
        if_match: Option<&ETagCondition>,
        if_none_match: Option<&ETagCondition>,
    ) -> S3Result<ETag> {
        let mut buckets = self.buckets.lock();
        let keys = buckets.get_mut(bucket).ok_or_else(no_bucket)?;
        let present = keys.get(&key).map(|object| object.tag.as_str());
        let if_none_match = if_none_match.filter(|_| !self.careless.load(Ordering::SeqCst));
        if if_none_match.is_some_and(|condition| matches(condition, present)) {
            return Err(S3Error::new(S3ErrorCode::PreconditionFailed));
        }
        if if_none_match.is_some() && self.strikes(|faults| faults.lost_create) {
            return Err(S3Error::new(S3ErrorCode::PreconditionFailed));
        }
        if if_match.is_some_and(|condition| !matches(condition, present)) {
            return Err(S3Error::new(S3ErrorCode::PreconditionFailed));
        }
        let object = self.object(body);
        let tag = ETag::Strong(object.tag.clone());
        keys.insert(key, object);
        Ok(tag)
    }
}

fn matches(condition: &ETagCondition, present: Option<&str>) -> bool {
    match condition {
        ETagCondition::Any => present.is_some(),
        ETagCondition::ETag(tag) => tag.as_strong().is_some_and(|tag| present == Some(tag)),
    }
}

fn no_bucket() -> S3Error {
    S3Error::new(S3ErrorCode::NoSuchBucket)
}

/// The backend as one connection sees it.
struct Door {
    backend: Arc<Backend>,
    cut: Arc<AtomicBool>,
}

impl Door {
    /// What may go wrong after a write is done.
    fn after(&self) -> S3Result<()> {
        if self.backend.strikes(|faults| faults.applied_then_500) {
            return Err(s3_error!(InternalError, "a fault of the test, after the write"));
        }
        if self.backend.strikes(|faults| faults.applied_then_closed) {
            self.cut.store(true, Ordering::SeqCst);
        }
        Ok(())
    }
}

/// The whole upload is read before anything is answered: an early answer resets the connection.
async fn collect(body: Option<StreamingBlob>) -> S3Result<Bytes> {
    let mut whole = Vec::new();
    if let Some(mut body) = body {
        while let Some(piece) = body.next().await {
            whole.extend_from_slice(&piece.map_err(|_| S3Error::new(S3ErrorCode::IncompleteBody))?);
        }
    }
    Ok(whole.into())
}

fn blob(body: Bytes) -> StreamingBlob {
    StreamingBlob::wrap(futures::stream::once(async move { Ok::<_, Infallible>(body) }))
}

#[async_trait::async_trait]
impl S3 for Door {
    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        let body = collect(input.body).await?;
        self.backend.before().await?;
        self.backend.refuse(&input.key)?;
        let tag = self.backend.write(
            &input.bucket,
            input.key,
            body,
            input.if_match.as_ref(),
            input.if_none_match.as_ref(),
        )?;
        self.after()?;
        Ok(S3Response::new(PutObjectOutput { e_tag: Some(tag), ..Default::default() }))
    }

    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        self.backend.before().await?;
        let input = request.input;
        let object = self.backend.read(&input.bucket, &input.key)?;
        self.backend.read.lock().push(input.key.clone());
        let mut output = GetObjectOutput {
            e_tag: Some(ETag::Strong(object.tag)),
            last_modified: Some(object.modified.into()),
            accept_ranges: Some("bytes".to_owned()),
            ..Default::default()
        };
        let mut body = object.body;
        if let Some(range) = input.range {
            let whole = body.len();
            let range = range.check(whole as u64)?;
            output.content_range =
                Some(format!("bytes {}-{}/{whole}", range.start, range.end.saturating_sub(1)));
            body = body.slice(range.start as usize..range.end as usize);
        }
        output.content_length = Some(body.len() as i64);
        output.body = Some(blob(body));
        Ok(S3Response::new(output))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        self.backend.before().await?;
        let object = self.backend.read(&request.input.bucket, &request.input.key)?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: Some(object.body.len() as i64),
            e_tag: Some(ETag::Strong(object.tag)),
            last_modified: Some(object.modified.into()),
            ..Default::default()
        }))
    }

    async fn head_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.backend.before().await?;
        let buckets = self.backend.buckets.lock();
        buckets.get(&request.input.bucket).ok_or_else(no_bucket)?;
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.backend.before().await?;
        {
            let mut buckets = self.backend.buckets.lock();
            let keys = buckets.get_mut(&request.input.bucket).ok_or_else(no_bucket)?;
            keys.remove(&request.input.key);
        }
        self.after()?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        self.backend.before().await?;
        let mut deleted = Vec::new();
        {
            let mut buckets = self.backend.buckets.lock();
            let keys = buckets.get_mut(&request.input.bucket).ok_or_else(no_bucket)?;
            for object in request.input.delete.objects {
                keys.remove(&object.key);
                deleted.push(DeletedObject { key: Some(object.key), ..Default::default() });
            }
        }
        self.after()?;
        let output = DeleteObjectsOutput { deleted: Some(deleted), ..Default::default() };
        Ok(S3Response::new(output))
    }

    async fn copy_object(
        &self,
        request: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        self.backend.before().await?;
        let CopySource::Bucket { bucket, key, .. } = &request.input.copy_source else {
            return Err(S3Error::new(S3ErrorCode::NotImplemented));
        };
        let object = self.backend.read(bucket, key)?;
        let input = &request.input;
        let tag = self.backend.write(&input.bucket, input.key.clone(), object.body, None, None)?;
        self.after()?;
        let result = CopyObjectResult {
            e_tag: Some(tag),
            last_modified: Some(SystemTime::now().into()),
            ..Default::default()
        };
        Ok(S3Response::new(CopyObjectOutput {
            copy_object_result: Some(result),
            ..Default::default()
        }))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        self.backend.before().await?;
        let buckets = self.backend.buckets.lock();
        let keys = buckets.get(&request.input.bucket).ok_or_else(no_bucket)?;
        Ok(S3Response::new(list(keys, request.input)))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        self.backend.before().await?;
        let input = request.input;
        self.backend.buckets.lock().get(&input.bucket).ok_or_else(no_bucket)?;
        let id = format!("upload-{}", self.backend.counter.fetch_add(1, Ordering::Relaxed));
        let upload = Upload { key: input.key.clone(), parts: BTreeMap::new() };
        self.backend.uploads.lock().insert(id.clone(), upload);
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            ..Default::default()
        }))
    }

    async fn upload_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let input = request.input;
        let body = collect(input.body).await?;
        self.backend.before().await?;
        let tag = format!("part-{}-{}", input.part_number, body.len());
        {
            let mut uploads = self.backend.uploads.lock();
            let upload = uploads
                .get_mut(&input.upload_id)
                .ok_or_else(|| S3Error::new(S3ErrorCode::NoSuchUpload))?;
            upload.parts.insert(input.part_number, body);
        }
        self.after()?;
        Ok(S3Response::new(UploadPartOutput {
            e_tag: Some(ETag::Strong(tag)),
            ..Default::default()
        }))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        self.backend.before().await?;
        let input = request.input;
        let upload = self
            .backend
            .uploads
            .lock()
            .remove(&input.upload_id)
            .ok_or_else(|| S3Error::new(S3ErrorCode::NoSuchUpload))?;
        if upload.key != input.key {
            return Err(S3Error::new(S3ErrorCode::NoSuchUpload));
        }
        let mut body = Vec::new();
        for part in input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default() {
            let number = part.part_number.unwrap_or_default();
            let piece =
                upload.parts.get(&number).ok_or_else(|| S3Error::new(S3ErrorCode::InvalidPart))?;
            body.extend_from_slice(piece);
        }
        let tag = self.backend.write(
            &input.bucket,
            input.key.clone(),
            body.into(),
            input.if_match.as_ref(),
            input.if_none_match.as_ref(),
        )?;
        self.after()?;
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(tag),
            ..Default::default()
        }))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        self.backend.before().await?;
        self.backend.uploads.lock().remove(&request.input.upload_id);
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }
}

/// One page: keys and common prefixes count alike, and the token is the last of them.
fn list(keys: &Keys, input: ListObjectsV2Input) -> ListObjectsV2Output {
    let prefix = input.prefix.clone().unwrap_or_default();
    let page = input.max_keys.unwrap_or(1000).clamp(0, 1000) as usize;
    let after = input.continuation_token.clone().or(input.start_after.clone());
    let mut contents = Vec::new();
    let mut prefixes: Vec<String> = Vec::new();
    let mut last = None;
    let mut truncated = false;
    for (key, object) in
        keys.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix))
    {
        let group = input.delimiter.as_deref().filter(|d| !d.is_empty()).and_then(|delimiter| {
            let end = key[prefix.len()..].find(delimiter)?;
            Some(key[..prefix.len() + end + delimiter.len()].to_owned())
        });
        let name = group.as_ref().unwrap_or(key);
        if after.as_ref().is_some_and(|after| name <= after)
            || group.is_some() && prefixes.last() == group.as_ref()
        {
            continue;
        }
        if contents.len() + prefixes.len() == page {
            truncated = true;
            break;
        }
        last = Some(name.clone());
        match group {
            Some(group) => prefixes.push(group),
            None => contents.push(s3s::dto::Object {
                key: Some(key.clone()),
                size: Some(object.body.len() as i64),
                e_tag: Some(ETag::Strong(object.tag.clone())),
                last_modified: Some(object.modified.into()),
                ..Default::default()
            }),
        }
    }
    let common = prefixes.into_iter().map(|prefix| CommonPrefix { prefix: Some(prefix) });
    let common: Vec<_> = common.collect();
    ListObjectsV2Output {
        key_count: Some((contents.len() + common.len()) as i32),
        is_truncated: Some(truncated),
        next_continuation_token: last.filter(|_| truncated),
        name: Some(input.bucket),
        prefix: input.prefix,
        delimiter: input.delimiter,
        max_keys: Some(page as i32),
        contents: Some(contents),
        common_prefixes: Some(common),
        ..Default::default()
    }
}
