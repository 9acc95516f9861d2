package test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// screenshotsEnv names a folder for pictures of what the browser shows.
const screenshotsEnv = "PARLEY_TEST_SCREENSHOTS"

// tab is one tab of a real browser.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// openBrowser starts Chromium and opens tabs in it. It reaches nothing but
// this machine.
func openBrowser(t *testing.T, tabs int) []*tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium: install Debian's chromium, or run `make test`, which does")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WindowSize(1280, 900), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost"))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	var opened []*tab
	for range tabs {
		var cancel context.CancelFunc
		ctx, cancel = chromedp.NewContext(ctx) // the first one is the browser's, the others are its children
		t.Cleanup(cancel)
		opened = append(opened, &tab{t, ctx})
		require.NoError(t, chromedp.Do(ctx))
	}
	return opened
}

func (b *tab) open(link string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	require.NoError(b.t, chromedp.Do(ctx, chromedp.Navigate(link)), link)
}

// is tells whether an expression is true of the page. On a page that is just
// being left nothing is.
func (b *tab) is(expression string, args ...any) bool {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf(expression, args...)))
	return err == nil && is
}

// waits until an expression is true, on this page or one that it leads to.
func (b *tab) waits(expression string, args ...any) {
	b.t.Helper()
	if !comesTrue(patience, func() bool { return b.is(expression, args...) }) {
		b.shoot("failed")
		b.t.Fatalf("did not come true in the browser: "+expression, args...)
	}
}

// with does something with the element e once it is there and the page has
// loaded. What the keyboard and the mouse do is lost on a page that was not
// painted yet.
func (b *tab) with(selector, something string, args ...any) {
	b.t.Helper()
	b.waits(`document.readyState == 'complete' && (e => e && (setTimeout(() => {%s}), true))(document.querySelector(%q))`, fmt.Sprintf(something, args...), selector)
}

// press presses a button or a link.
func (b *tab) press(selector string) { b.t.Helper(); b.with(selector, `e.click()`) }

// send writes into a field and sends its form.
func (b *tab) send(selector, text string) {
	b.t.Helper()
	b.with(selector, `e.value = %q; e.dispatchEvent(new Event('input', {bubbles: true})); e.form.requestSubmit()`, text)
}

// signIn starts at a node's front page and becomes person.
func (b *tab) signIn(link, person string) {
	b.t.Helper()
	b.open(link)
	b.press(`a[href="/auth/sign_in"]`)
	b.press(`.doors a`)
	b.press(`button[name="person"][value="` + person + `"]`)
	b.waits(`document.querySelector('body.in #composer') != null`)
}

// shoot keeps a picture of the tab, where pictures are wanted.
func (b *tab) shoot(name string) {
	b.t.Helper()
	dir := os.Getenv(screenshotsEnv)
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644)
	}
	if err != nil {
		b.t.Log("no picture:", err)
	}
}

// TestBrowserAcrossTheDemo does with the demo what its README proposes.
func TestBrowserAcrossTheDemo(t *testing.T) {
	t.Parallel()
	tabs := openBrowser(t, 2)
	sales, engineering := tabs[0], tabs[1]
	port := freePorts(t, 3)
	demo := newProcess(t, "the demo", t.TempDir(), environment(), program, "demo", fmt.Sprintf("--port=%d", port))
	demo.launch()
	demo.waitReady(func() bool { return bytes.Contains(demo.written(), []byte("Two departments are running")) })

	salesURL, engineeringURL := fmt.Sprintf("http://sales.localhost:%d", port), fmt.Sprintf("http://engineering.localhost:%d", port+1)
	sales.signIn(salesURL, "carol")
	sales.shoot("sales")
	engineering.signIn(engineeringURL, "dave")

	carol := fmt.Sprintf("@carol@sales.localhost:%d", port)
	engineering.send(`#find`, carol)
	engineering.press(`article.person form.follow button`)
	const relation = `document.querySelector('article.person form.follow').textContent.trim()`
	engineering.waits(`/^(Following|Requested)/.test(` + relation + `)`)
	engineering.shoot("found")
	eventually(t, "she agrees", func() bool {
		engineering.open(engineeringURL + "/search?q=" + carol)
		return engineering.is(relation + `.startsWith('Following')`)
	})

	engineering.open(engineeringURL)
	engineering.waits(`document.body.matches('.connected')`)
	engineering.waits(`window.sameDocument = true`)
	const news = "The new brochures are in the lobby."
	sales.send(`#composer textarea`, news)
	sales.waits(`document.querySelector('#main').textContent.includes(%q)`, news)
	engineering.waits(`window.sameDocument && document.querySelector('.live').textContent.includes(%q)`, news)
	engineering.shoot("arrived")
	demo.stop()
}
