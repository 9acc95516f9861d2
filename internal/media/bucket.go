package media

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"parley/internal/fault"
)

// Bucket is where files lie on a server that speaks S3. It stays private: a
// browser asks this node, which asks the server.
type Bucket struct {
	Endpoint             string // a URL: the operator's choice, so that no network is out of bounds
	Region, Name         string
	Prefix               string // of the names of objects, for buckets that hold more than these files
	AccessKey, SecretKey string
	PathStyle            bool // whether the name of the bucket is in the path, not in the host
}

// How long the server may take to be there and to begin an answer, and how often
// it is asked.
const (
	connectTime = 5 * time.Second
	answerTime  = 30 * time.Second
	attempts    = 3
)

// OpenBucket gives a store in a bucket. The server is not asked yet: Check does
// that.
func OpenBucket(b Bucket) (*Store, error) {
	at, err := url.Parse(b.Endpoint)
	if err != nil {
		return nil, err
	}
	secure := at.Scheme == "https"
	transport, err := minio.DefaultTransport(secure)
	if err != nil {
		return nil, err
	}
	transport.DialContext = (&net.Dialer{Timeout: connectTime}).DialContext
	transport.ResponseHeaderTimeout = answerTime
	lookup := minio.BucketLookupDNS
	if b.PathStyle {
		lookup = minio.BucketLookupPath
	}
	client, err := minio.New(at.Host, &minio.Options{Creds: credentials.NewStaticV4(b.AccessKey, b.SecretKey, ""), Secure: secure,
		Region: b.Region, BucketLookup: lookup, Transport: transport, MaxRetries: attempts})
	if err != nil {
		return nil, fmt.Errorf("media.s3.endpoint %q: %w", b.Endpoint, err)
	}
	return &Store{place: bucket{client: client, transport: transport, name: b.Name, prefix: b.Prefix}}, nil
}

// bucket keeps files as objects.
type bucket struct {
	client       *minio.Client
	transport    *http.Transport
	name, prefix string
}

func (b bucket) close() error {
	b.transport.CloseIdleConnections()
	return nil
}

func (b bucket) key(file string) string { return b.prefix + file }

// put sends a file in one piece: there is no such thing as half an object, and
// nothing of it is left behind if we die.
func (b bucket) put(ctx context.Context, file string, from io.Reader, size int64) error {
	_, err := b.client.PutObject(ctx, b.name, b.key(file), from, size, minio.PutObjectOptions{DisableMultipart: true, ContentType: TypeOf(file)})
	return trouble(err)
}

// open asks what there is, and for the bytes when they are read: from where a
// range begins.
func (b bucket) open(ctx context.Context, file string) (content, time.Time, error) {
	object, err := b.client.GetObject(ctx, b.name, b.key(file), minio.GetObjectOptions{})
	if err != nil {
		return nil, time.Time{}, trouble(err)
	}
	info, err := object.Stat()
	if err != nil {
		_ = object.Close()
		return nil, time.Time{}, trouble(err)
	}
	return object, info.LastModified, nil
}

// move copies and removes: objects have no other way.
func (b bucket) move(ctx context.Context, from, to string) error {
	_, err := b.client.CopyObject(ctx, minio.CopyDestOptions{Bucket: b.name, Object: b.key(to)}, minio.CopySrcOptions{Bucket: b.name, Object: b.key(from)})
	if err = trouble(err); fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return b.remove(ctx, from)
}

func (b bucket) remove(ctx context.Context, file string) error {
	err := trouble(b.client.RemoveObject(ctx, b.name, b.key(file), minio.RemoveObjectOptions{}))
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// trouble says in our words what the server answered.
func trouble(err error) error {
	switch {
	case err == nil:
		return nil
	case minio.ToErrorResponse(err).Code == minio.NoSuchKey:
		return errNoFile
	}
	return fault.Wrap(fault.Unavailable, err, "The place where files are kept cannot be reached at the moment")
}
