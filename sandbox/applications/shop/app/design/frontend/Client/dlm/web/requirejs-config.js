// RequireJS fetches templates with X-Requested-With, as Magento's does.
document.cookie = document.cookie.includes("form_key=") ? "" : "form_key=" + Math.random().toString(36).slice(2) + "; path=/";
document.addEventListener("DOMContentLoaded", () => {
    const key = document.querySelector("input[name=form_key]");
    if (key) { key.value = document.cookie.replace(/.*form_key=([^;]*).*/, "$1"); }
});
