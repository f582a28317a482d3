"""Say what the pages of the menu are called, in the reader's language; a page that is not there has no name."""

from streamlit.runtime.scriptrunner import get_script_run_ctx


def titles() -> dict[str, str]:
    """Give the title of each page of the menu by its address; the first page's is empty."""
    context = get_script_run_ctx(suppress_warning=True)
    pages = {} if context is None else context.pages_manager.get_pages()
    return {
        page["url_pathname"]: page["page_name"]
        for page in pages.values()
        if "url_pathname" in page and "page_name" in page
    }
